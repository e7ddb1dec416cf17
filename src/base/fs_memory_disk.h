// The inside of MemoryFileSystem: nodes, the disk they hang on, and the files that are open. For
// fs_memory.cc alone.
#pragma once

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <cstring>
#include <map>
#include <optional>
#include <set>

#include "base/fs_memory.h"

namespace pannier {

// A file or folder. Each part is held twice: as processes see it, and as it would be after a power cut.
struct MemoryFileSystem::Node {
  using Entries = std::map<std::string, std::shared_ptr<Node>>;

  FileKind kind = FileKind::kRegular;
  bool executable = false;
  bool is_locked = false;
  uint64_t shared_lock_count = 0;
  bool group_shared = false;
  int64_t modified_seconds = 0;
  std::set<uint64_t> locked_numbers;
  std::string contents;
  std::string synced_contents;
  Entries entries;
  Entries synced_entries;
};

// A new file or folder as it comes to be in `parent`.
namespace memory_file_system {

template <class Node>
std::shared_ptr<Node> new_node(FileKind kind, const Node& parent, int64_t clock_seconds) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->group_shared = kind == FileKind::kFolder && parent.group_shared;
  node->modified_seconds = clock_seconds;
  return node;
}

}  // namespace memory_file_system

// The state that open files share with the file system.
struct MemoryFileSystem::Disk {
  std::mutex mutex;
  std::condition_variable lock_released;
  int64_t clock_seconds = 0;
  std::shared_ptr<Node> root = std::make_shared<Node>();
  uint64_t crash_count = 0;  // what was opened before the last crash is stale
  uint64_t capacity_bytes = UINT64_MAX;
  bool can_clone = false;

  // Bytes that can still be written. Counts what has a name; each call walks the tree, which tests can
  // afford.
  uint64_t free_bytes() const;

  // The parent folder of a path, and the last component.
  Result<Place> find_place(const std::string& path, const char* operation) const;
  Result<std::shared_ptr<Node>> find(const std::string& path, const char* operation) const;
  // A folder, or the reason why there is none.
  Result<std::shared_ptr<Node>> find_folder(const std::string& path, const char* operation) const;
  // A regular file, made where nothing has the name.
  Result<std::shared_ptr<Node>> find_or_create(const std::string& path, const char* operation) const;
};

struct MemoryFileSystem::Place {
  std::shared_ptr<Node> folder;
  std::string name;

  std::shared_ptr<Node> node() const {
    const auto entry = folder->entries.find(name);
    return entry == folder->entries.end() ? nullptr : entry->second;
  }
};

namespace memory_file_system {

inline Error failure(ErrorKind kind, const char* operation, const std::string& path, const char* reason) {
  return {kind, std::string("cannot ") + operation + " " + path + ": " + reason, ""};
}

inline Error missing(const char* operation, const std::string& path) {
  return failure(ErrorKind::kNotFound, operation, path, "No such file or directory");
}

inline Error refused(const char* operation, const std::string& path, const char* reason) {
  return failure(ErrorKind::kIo, operation, path, reason);
}

// "/a//b/./c" -> a, b, c. Relative paths begin at the root too: there is no working folder.
inline std::vector<std::string> components_of(const std::string& path) {
  std::vector<std::string> components;
  size_t start = 0;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    std::string component = path.substr(start, end - start);
    if (!component.empty() && component != ".") components.push_back(std::move(component));
    start = end + 1;
  }
  return components;
}

// Applies `change` to a node and all below it, by the names that processes see.
template <class Node, class Change>
void visit(const std::shared_ptr<Node>& node, const Change& change) {
  change(*node);
  for (const auto& [name, child] : node->entries) visit(child, change);
}

}  // namespace memory_file_system

// ---- Open files ----

class MemoryFileSystem::Reader : public ReadableFile {
 public:
  Reader(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::string path)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        opened_at_(disk_->crash_count) {
    size_ = node_->contents.size();
  }

  uint64_t size() const override { return size_; }

  Status read_at(uint64_t offset, MutableByteSpan out) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    if (opened_at_ != disk_->crash_count)
      return memory_file_system::refused("read", path_, "the machine went down meanwhile");
    const std::string& contents = node_->contents;
    if (offset > contents.size() || out.size() > contents.size() - offset) {
      return memory_file_system::refused("read", path_, "ended early");
    }
    if (!out.empty()) std::memcpy(out.data(), contents.data() + offset, out.size());
    return {};
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t opened_at_;
  uint64_t size_ = 0;
};

class MemoryFileSystem::Writer : public WritableFile {
 public:
  Writer(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::string path)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        opened_at_(disk_->crash_count) {}

  Status append(ByteSpan bytes) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_open("write"));
    const size_t fitting = static_cast<size_t>(std::min<uint64_t>(disk_->free_bytes(), bytes.size()));
    node_->modified_seconds = disk_->clock_seconds;
    node_->contents += as_text(bytes.first(fitting));  // a full disk takes what fits, as write(2) does
    if (fitting < bytes.size()) return memory_file_system::refused("write", path_, "No space left on device");
    return {};
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_open("write"));
    assert(offset <= node_->contents.size() && bytes.size() <= node_->contents.size() - offset);
    node_->modified_seconds = disk_->clock_seconds;
    node_->contents.replace(offset, bytes.size(), as_text(bytes));
    return {};
  }

  Status sync() override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_open("sync"));
    node_->synced_contents = node_->contents;
    return {};
  }

  Status close() override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_open("close"));
    is_closed_ = true;
    return {};
  }

 private:
  Status check_open(const char* operation) const {
    if (opened_at_ != disk_->crash_count)
      return memory_file_system::refused(operation, path_, "the machine went down meanwhile");
    if (is_closed_) return memory_file_system::refused(operation, path_, "Bad file descriptor");
    return {};
  }

  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t opened_at_;
  bool is_closed_ = false;
};

class MemoryFileSystem::RandomAccess : public RandomAccessFile {
 public:
  RandomAccess(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::string path)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        opened_at_(disk_->crash_count) {}

  Result<uint64_t> size() override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_alive("look at"));
    return uint64_t{node_->contents.size()};
  }

  Status read_at(uint64_t offset, MutableByteSpan out) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_alive("read"));
    const std::string& contents = node_->contents;
    if (offset > contents.size() || out.size() > contents.size() - offset) {
      return memory_file_system::refused("read", path_, "ended early");
    }
    if (!out.empty()) std::memcpy(out.data(), contents.data() + offset, out.size());
    return {};
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_alive("write"));
    if (bytes.empty()) return {};
    PANNIER_TRY(lengthen_to(offset + bytes.size()));
    node_->modified_seconds = disk_->clock_seconds;
    std::memcpy(node_->contents.data() + offset, bytes.data(), bytes.size());
    return {};
  }

  Status resize(uint64_t bytes) override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_alive("resize"));
    PANNIER_TRY(lengthen_to(bytes));
    node_->modified_seconds = disk_->clock_seconds;
    node_->contents.resize(bytes);
    return {};
  }

  Status sync() override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    PANNIER_TRY(check_alive("sync"));
    node_->synced_contents = node_->contents;
    return {};
  }

 private:
  Status check_alive(const char* operation) const {
    if (opened_at_ == disk_->crash_count) return {};
    return memory_file_system::refused(operation, path_, "the machine went down meanwhile");
  }

  // A gap takes room too: this disk knows no holes.
  Status lengthen_to(uint64_t bytes) {
    if (bytes <= node_->contents.size()) return {};
    if (bytes - node_->contents.size() > disk_->free_bytes()) {
      return memory_file_system::refused("write", path_, "No space left on device");
    }
    node_->contents.resize(bytes);
    return {};
  }

  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  std::string path_;
  uint64_t opened_at_;
};

class MemoryFileSystem::Lock : public FileLock {
 public:
  // `number`: of try_lock_number; nothing for the whole file, in that mode.
  Lock(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::optional<uint64_t> number,
       LockMode mode = LockMode::kExclusive)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        number_(number),
        mode_(mode),
        taken_at_(disk_->crash_count) {}

  ~Lock() override {
    const std::lock_guard<std::mutex> guard(disk_->mutex);
    if (taken_at_ != disk_->crash_count) return;
    if (number_) {
      node_->locked_numbers.erase(*number_);
    } else if (mode_ == LockMode::kShared) {
      --node_->shared_lock_count;
    } else {
      node_->is_locked = false;
    }
    disk_->lock_released.notify_all();
  }

 private:
  std::shared_ptr<Disk> disk_;
  std::shared_ptr<Node> node_;
  std::optional<uint64_t> number_;
  LockMode mode_;
  uint64_t taken_at_;
};

}  // namespace pannier
