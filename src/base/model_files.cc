#include "base/model_files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/limits.h"

namespace pannier {
namespace {

class MappedFile : public FileView {
 public:
  MappedFile(void* address, size_t size) : address_(address), size_(size) {}
  ~MappedFile() override {
    if (size_ > 0) ::munmap(address_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ByteSpan bytes() const override { return {static_cast<const uint8_t*>(address_), size_}; }

  void release(ByteSpan part) const override {
    const auto base = reinterpret_cast<uintptr_t>(address_);
    const auto first = reinterpret_cast<uintptr_t>(part.data());
    if (part.empty() || first < base || first - base > size_ || part.size() > size_ - (first - base)) return;
    // Inwards to whole pages: what lies beside may be in use. The mapping begins on a page.
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    const uintptr_t begin = (first + page - 1) / page * page;
    const uintptr_t end = (first + part.size()) / page * page;
    // Private and never written, so no byte is lost; a refusal only costs memory.
    if (begin < end) ::madvise(static_cast<uint8_t*>(address_) + (begin - base), end - begin, MADV_DONTNEED);
  }

 private:
  void* address_;
  size_t size_;
};

class OwnedFile : public FileView {
 public:
  explicit OwnedFile(std::string contents) : contents_(std::move(contents)) {}
  ByteSpan bytes() const override { return as_bytes(contents_); }

 private:
  std::string contents_;
};

Error map_error(const char* operation, const std::string& path, int code) {
  return Error{code == ENOENT ? ErrorKind::kNotFound : ErrorKind::kIo,
               std::string("cannot ") + operation + " " + path + ": " + std::strerror(code), ""};
}

// Names and how to open each; the two kinds of ModelFiles differ only in the latter.
class NamedFiles : public ModelFiles {
 public:
  NamedFiles(std::string label, std::map<std::string, std::string> text_by_name)
      : label_(std::move(label)), text_by_name_(std::move(text_by_name)) {
    for (const auto& [name, text] : text_by_name_) names_.push_back(name);
  }
  const std::string& label() const override { return label_; }
  const std::vector<std::string>& names() const override { return names_; }
  bool has(const std::string& name) const override { return text_by_name_.contains(name); }
  Result<std::unique_ptr<FileView>> open(const std::string& name) const override {
    const auto found = text_by_name_.find(name);
    if (found == text_by_name_.end()) {
      return Error{ErrorKind::kNotFound, label_ + " has no file " + name, ""};
    }
    return open_text(found->second);
  }

 protected:
  virtual Result<std::unique_ptr<FileView>> open_text(const std::string& text) const = 0;

 private:
  std::string label_;
  std::map<std::string, std::string> text_by_name_;
  std::vector<std::string> names_;
};

class FilesByPath : public NamedFiles {
 public:
  using NamedFiles::NamedFiles;

 protected:
  Result<std::unique_ptr<FileView>> open_text(const std::string& path) const override {
    return map_file(path);
  }
};

class FilesInMemory : public NamedFiles {
 public:
  using NamedFiles::NamedFiles;

 protected:
  Result<std::unique_ptr<FileView>> open_text(const std::string& contents) const override {
    return std::unique_ptr<FileView>(std::make_unique<OwnedFile>(contents));
  }
};

}  // namespace

Result<std::unique_ptr<FileView>> map_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return map_error("open", path, errno);
  struct stat info{};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error{ErrorKind::kIo, path + " is not a regular file", ""};
  }
  const auto size = static_cast<size_t>(info.st_size);
  void* address = nullptr;
  if (size > 0) address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  const int code = errno;
  ::close(fd);
  if (address == MAP_FAILED) return map_error("map", path, code);
  return std::unique_ptr<FileView>(std::make_unique<MappedFile>(address, size));
}

Result<std::unique_ptr<ModelFiles>> model_files_from_folder(const std::string& folder) {
  namespace stdfs = std::filesystem;
  std::error_code code;
  const stdfs::path root(folder);
  if (!stdfs::is_directory(root, code)) {
    return Error{ErrorKind::kNotFound, folder + " is not a folder",
                 "give a model folder, or a name that `list` shows"};
  }
  std::map<std::string, std::string> path_by_name;
  stdfs::recursive_directory_iterator walk(root, code);
  for (; !code && walk != stdfs::recursive_directory_iterator(); walk.increment(code)) {
    std::error_code entry_code;
    if (!walk->is_regular_file(entry_code) || entry_code) continue;
    if (path_by_name.size() >= limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit,
                   folder + " holds more than " + std::to_string(limits::kFilesPerModelMax) + " files",
                   "give the folder of one model"};
    }
    path_by_name.emplace(walk->path().lexically_relative(root).generic_string(), walk->path().string());
  }
  if (code) return Error{ErrorKind::kIo, "cannot list " + folder + ": " + code.message(), ""};
  return model_files_from_paths(folder, std::move(path_by_name));
}

std::unique_ptr<ModelFiles> model_files_from_paths(std::string label,
                                                   std::map<std::string, std::string> path_by_name) {
  return std::make_unique<FilesByPath>(std::move(label), std::move(path_by_name));
}

std::unique_ptr<ModelFiles> model_files_from_memory(std::string label,
                                                    std::map<std::string, std::string> contents_by_name) {
  return std::make_unique<FilesInMemory>(std::move(label), std::move(contents_by_name));
}

}  // namespace pannier
