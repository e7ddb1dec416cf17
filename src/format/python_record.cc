// RECORD: a table of a wheel's files, as CSV (RFC 4180, as Python's csv module writes it).
#include <fmt/core.h>

#include "base/display.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "format/base64.h"
#include "format/python_metadata.h"
#include "format/python_text.h"

namespace pannier {
namespace {

constexpr size_t kFieldsMax = 3;
constexpr size_t kFieldBytesMax = 4096;
constexpr size_t kSha256Characters = 43;  // 32 bytes in base64 without padding

class RecordParser {
 public:
  RecordParser(std::string_view text, std::string_view what) : text_(text), what_(what) {}

  Result<std::vector<RecordEntry>> parse() {
    if (text_.size() > limits::kWheelRecordBytesMax) {
      return Error{
          ErrorKind::kLimit,
          fmt::format("{}: {} bytes; at most {} are read", what_, text_.size(), limits::kWheelRecordBytesMax),
          ""};
    }
    if (utf8_find_invalid(text_) != std::string_view::npos) return wrong("it is not UTF-8");
    std::vector<RecordEntry> entries;
    while (position_ < text_.size()) {
      if (accept_line_end()) continue;
      PANNIER_ASSIGN(std::vector<std::string> fields, parse_line());
      if (entries.size() == limits::kWheelEntriesMax) {
        return Error{ErrorKind::kLimit,
                     fmt::format("{}: more than {} lines", what_, limits::kWheelEntriesMax), ""};
      }
      PANNIER_ASSIGN(RecordEntry entry, make_entry(std::move(fields)));
      entries.push_back(std::move(entry));
    }
    return entries;
  }

 private:
  bool accept_line_end() {
    if (text_.substr(position_).starts_with("\r\n")) {
      position_ += 2;
    } else if (position_ < text_.size() && text_[position_] == '\n') {
      ++position_;
    } else {
      return false;
    }
    ++line_;
    return true;
  }

  Result<std::vector<std::string>> parse_line() {
    std::vector<std::string> fields;
    while (true) {
      if (fields.size() == kFieldsMax) return wrong("more than three columns");
      const bool is_quoted = position_ < text_.size() && text_[position_] == '"';
      PANNIER_ASSIGN(std::string field, is_quoted ? parse_quoted() : parse_plain());
      fields.push_back(std::move(field));
      if (position_ == text_.size() || accept_line_end()) return fields;
      if (text_[position_] != ',') return wrong("a quote or carriage return in the midst of a column");
      ++position_;
    }
  }

  Result<std::string> parse_plain() {
    const size_t end = std::min(text_.find_first_of(",\n\r\"", position_), text_.size());
    if (end - position_ > kFieldBytesMax) return wrong("a column is too long");
    std::string field(text_.substr(position_, end - position_));
    position_ = end;
    return field;
  }

  // A quote inside is written twice.
  Result<std::string> parse_quoted() {
    std::string field;
    ++position_;
    while (true) {
      const size_t end = text_.find('"', position_);
      if (end == std::string_view::npos) return wrong("a quoted column does not end");
      if (field.size() + (end - position_) > kFieldBytesMax) return wrong("a column is too long");
      field += text_.substr(position_, end - position_);
      position_ = end + 1;
      if (position_ == text_.size() || text_[position_] != '"') return field;
      field.push_back('"');
      ++position_;
    }
  }

  Result<RecordEntry> make_entry(std::vector<std::string> fields) const {
    if (fields.size() != kFieldsMax) return wrong(fmt::format("{} columns, not three", fields.size()));
    RecordEntry entry;
    entry.path = std::move(fields[0]);
    if (entry.path.empty()) return wrong("no path");
    if (!fields[1].empty()) {
      PANNIER_ASSIGN(entry.sha256, parse_digest(fields[1], entry.path));
    }
    if (!fields[2].empty()) {
      PANNIER_ASSIGN(entry.bytes, parse_bytes(fields[2], entry.path));
    }
    return entry;
  }

  // "sha256=" and 43 characters of base64 for URLs.
  Result<Digest> parse_digest(std::string_view written, std::string_view path) const {
    std::string_view value = written;
    const std::string_view algorithm = python_text::take_until(value, '=');
    if (algorithm != "sha256") {
      Error error = wrong(fmt::format("'{}' has a digest '{}'; only sha256 is read", for_message(path),
                                      for_message(algorithm)));
      error.kind = ErrorKind::kUnsupported;
      return error;
    }
    while (value.ends_with('=')) value.remove_suffix(1);
    std::string standard(value);
    for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c == '+' || c == '/' ? '?' : c;
    const Result<std::string> bytes = base64_decode(standard + "=");
    if (value.size() != kSha256Characters || !bytes.ok() || bytes->size() != sizeof(Digest::bytes)) {
      return wrong(fmt::format("'{}' has a digest that is none", for_message(path)));
    }
    Digest digest;
    std::copy(bytes->begin(), bytes->end(), digest.bytes.begin());
    return digest;
  }

  Result<uint64_t> parse_bytes(std::string_view written, std::string_view path) const {
    uint64_t bytes = 0;
    bool is_number = written.size() <= 18;
    for (const char c : written) {
      is_number &= python_text::is_digit(c);
      bytes = bytes * 10 + static_cast<uint64_t>(c - '0');
    }
    if (!is_number) return wrong(fmt::format("'{}' has a size that is none", for_message(path)));
    return bytes;
  }

  Error wrong(const std::string& reason) const {
    return {ErrorKind::kCorrupt, fmt::format("{}, line {}: {}", what_, line_, reason),
            "the wheel is damaged or badly built; fetch it again, or take another version"};
  }

  std::string_view text_;
  std::string_view what_;
  size_t position_ = 0;
  uint64_t line_ = 1;
};

}  // namespace

Result<std::vector<RecordEntry>> parse_wheel_record(std::string_view text, std::string_view what) {
  return RecordParser(text, what).parse();
}

}  // namespace pannier
