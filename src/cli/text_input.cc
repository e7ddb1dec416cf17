#include "cli/text_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"

namespace pannier {
namespace {

constexpr size_t kReadBytes = 256 * limits::kKiB;

class ArgumentTexts : public TextInput {
 public:
  explicit ArgumentTexts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  Result<bool> next(std::string& text) override {
    if (next_ == texts_.size()) return false;
    text = texts_[next_++];
    return true;
  }
  bool ready() const override { return true; }

 private:
  std::vector<std::string> texts_;
  size_t next_ = 0;
};

// Lines of a descriptor, in bounded memory.
class LineTexts : public TextInput {
 public:
  LineTexts(std::string name, int fd, bool waits) : name_(std::move(name)), fd_(fd), waits_(waits) {}
  ~LineTexts() override {
    if (fd_ != STDIN_FILENO) ::close(fd_);
  }
  LineTexts(const LineTexts&) = delete;
  LineTexts& operator=(const LineTexts&) = delete;

  Result<bool> next(std::string& text) override {
    size_t searched = begin_;
    size_t end;
    while ((end = buffer_.find('\n', searched)) == std::string::npos) {
      searched = buffer_.size() - begin_;  // as an offset into what `refill` keeps
      PANNIER_ASSIGN(const bool more, refill());
      if (!more) break;
    }
    if (end == std::string::npos && begin_ == buffer_.size()) return false;
    ++line_;
    const size_t stop = end == std::string::npos ? buffer_.size() : end;
    text.assign(buffer_, begin_, stop - begin_);
    if (text.ends_with('\r')) text.pop_back();
    begin_ = end == std::string::npos ? buffer_.size() : end + 1;
    return true;
  }

  bool ready() const override { return !waits_ || buffer_.find('\n', begin_) != std::string::npos; }

  std::string place() const { return name_ + " line " + std::to_string(line_); }

 private:
  // Drops the lines that were given out and reads on; false at the end.
  Result<bool> refill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    if (buffer_.size() > limits::kTextBytesMax) {
      return Error{ErrorKind::kLimit,
                   name_ + " line " + std::to_string(line_ + 1) + " is longer than " +
                       human_bytes(limits::kTextBytesMax),
                   "split it: a model reads a few hundred words at most"};
    }
    const size_t size = buffer_.size();
    buffer_.resize(size + kReadBytes);
    ssize_t got;
    do {
      got = ::read(fd_, buffer_.data() + size, kReadBytes);
    } while (got < 0 && errno == EINTR && !waits_);
    buffer_.resize(size + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) return Error{ErrorKind::kInterrupted, "interrupted", ""};
    if (got < 0) return Error{ErrorKind::kIo, "cannot read " + name_ + ": " + std::strerror(errno), ""};
    return got > 0;
  }

  std::string name_;
  int fd_;
  bool waits_;
  std::string buffer_;
  size_t begin_ = 0;
  uint64_t line_ = 0;
};

class JsonLineTexts : public TextInput {
 public:
  explicit JsonLineTexts(std::unique_ptr<LineTexts> lines) : lines_(std::move(lines)) {}
  bool ready() const override { return lines_->ready(); }

  Result<bool> next(std::string& text) override {
    std::string line;
    do {
      PANNIER_ASSIGN(const bool more, lines_->next(line));
      if (!more) return false;
    } while (line.find_first_not_of(" \t") == std::string::npos);
    const std::string place = lines_->place();
    PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse(std::move(line), place));
    const JsonValue root = document.root();
    JsonValue value = root;
    if (root.is_object()) value = root["text"].exists() ? root["text"] : root["inputs"];
    if (root["text_pair"].exists()) {
      return Error{ErrorKind::kUnsupported, place + ": pairs of texts are not supported",
                   "give one text a line"};
    }
    const auto found = value.as_string();
    if (!found) {
      return Error{ErrorKind::kCorrupt, place + ": no text there",
                   "each line is a JSON string, or an object with a string under \"text\""};
    }
    text = *found;
    return true;
  }

 private:
  std::unique_ptr<LineTexts> lines_;
};

TextFormat format_of_name(const std::string& path) {
  for (const char* ending : {".jsonl", ".ndjson", ".json"}) {
    if (path.ends_with(ending)) return TextFormat::kJsonLines;
  }
  return TextFormat::kLines;
}

}  // namespace

std::unique_ptr<TextInput> texts_from_arguments(std::vector<std::string> texts) {
  return std::make_unique<ArgumentTexts>(std::move(texts));
}

Result<std::unique_ptr<TextInput>> texts_from_file(const std::string& path, TextFormat format) {
  const bool standard = path == "-";
  const std::string name = standard ? "standard input" : path;
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return Error{errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
                 "cannot open " + name + ": " + std::strerror(errno), ""};
  }
  struct stat info{};
  const bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  auto lines = std::make_unique<LineTexts>(name, fd, !regular);
  if (format == TextFormat::kAuto) format = format_of_name(path);
  if (format == TextFormat::kLines) return std::unique_ptr<TextInput>(std::move(lines));
  return std::unique_ptr<TextInput>(std::make_unique<JsonLineTexts>(std::move(lines)));
}

}  // namespace pannier
