#include "base/fs_memory.h"

#include <algorithm>

#include "base/fs_memory_disk.h"

namespace pannier {

using memory_file_system::components_of;
using memory_file_system::missing;
using memory_file_system::new_node;
using memory_file_system::refused;
using memory_file_system::visit;

uint64_t MemoryFileSystem::Disk::free_bytes() const {
  if (capacity_bytes == UINT64_MAX) return UINT64_MAX;
  uint64_t used_bytes = 0;
  visit(root, [&](const Node& node) { used_bytes += node.contents.size(); });
  return capacity_bytes - std::min(capacity_bytes, used_bytes);
}

Result<MemoryFileSystem::Place> MemoryFileSystem::Disk::find_place(const std::string& path,
                                                                   const char* operation) const {
  std::vector<std::string> components = components_of(path);
  if (components.empty()) return refused(operation, path, "it is the root");
  Place place{root, std::move(components.back())};
  components.pop_back();
  for (const std::string& component : components) {
    const auto entry = place.folder->entries.find(component);
    if (entry == place.folder->entries.end()) return missing(operation, path);
    if (entry->second->kind != FileKind::kFolder) return missing(operation, path);
    place.folder = entry->second;
  }
  return place;
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::Disk::find(const std::string& path,
                                                                             const char* operation) const {
  if (components_of(path).empty()) return root;
  PANNIER_ASSIGN(const Place place, find_place(path, operation));
  if (std::shared_ptr<Node> node = place.node()) return node;
  return missing(operation, path);
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::Disk::find_folder(
    const std::string& path, const char* operation) const {
  PANNIER_ASSIGN(std::shared_ptr<Node> node, find(path, operation));
  if (node->kind != FileKind::kFolder) return missing(operation, path);
  return node;
}

Result<std::shared_ptr<MemoryFileSystem::Node>> MemoryFileSystem::Disk::find_or_create(
    const std::string& path, const char* operation) const {
  PANNIER_ASSIGN(const Place place, find_place(path, operation));
  std::shared_ptr<Node>& node = place.folder->entries[place.name];
  if (node == nullptr) node = new_node(FileKind::kRegular, *place.folder, clock_seconds);
  if (node->kind != FileKind::kRegular) return refused(operation, path, "it is not a regular file");
  return node;
}

// ---- The file system ----

MemoryFileSystem::MemoryFileSystem() : disk_(std::make_shared<Disk>()) {
  disk_->root->kind = FileKind::kFolder;
}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<FileStat> MemoryFileSystem::stat(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find(path, "look at"));
  return FileStat{node->kind, node->contents.size(), node->executable, node->modified_seconds,
                  node->group_shared};
}

Result<std::vector<FolderEntry>> MemoryFileSystem::list(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_folder(folder, "list"));
  std::vector<FolderEntry> entries;  // a map's order is the order of names
  for (const auto& [name, child] : node->entries) entries.push_back({name, child->kind});
  return entries;
}

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::open(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(std::shared_ptr<Node> node, disk_->find(path, "open"));
  if (node->kind != FileKind::kRegular) return refused("open", path, "it is not a regular file");
  return std::unique_ptr<ReadableFile>(std::make_unique<Reader>(disk_, std::move(node), path));
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::create(const std::string& path, bool executable) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const Place place, disk_->find_place(path, "create"));
  if (place.node() != nullptr) return refused("create", path, "File exists");
  auto node = new_node(FileKind::kRegular, *place.folder, disk_->clock_seconds);
  node->executable = executable;
  place.folder->entries[place.name] = node;
  return std::unique_ptr<WritableFile>(std::make_unique<Writer>(disk_, std::move(node), path));
}

Result<std::unique_ptr<RandomAccessFile>> MemoryFileSystem::open_or_create(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_or_create(path, "open"));
  return std::unique_ptr<RandomAccessFile>(std::make_unique<RandomAccess>(disk_, node, path));
}

Status MemoryFileSystem::make_folders(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  std::shared_ptr<Node> node = disk_->root;
  for (const std::string& component : components_of(folder)) {
    std::shared_ptr<Node>& child = node->entries[component];
    if (child == nullptr) child = new_node(FileKind::kFolder, *node, disk_->clock_seconds);
    if (child->kind != FileKind::kFolder)
      return refused("create folder", folder, "something else has that name");
    node = child;
  }
  return {};
}

Status MemoryFileSystem::rename(const std::string& from, const std::string& to) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const Place source, disk_->find_place(from, "rename"));
  const std::shared_ptr<Node> node = source.node();
  if (node == nullptr) return missing("rename", from);
  PANNIER_ASSIGN(const Place target, disk_->find_place(to, "rename"));
  const std::shared_ptr<Node> replaced = target.node();
  if (replaced == node) return {};  // two names of one file: rename(2) does nothing
  if (replaced != nullptr) {
    if (node->kind != FileKind::kFolder && replaced->kind == FileKind::kFolder) {
      return refused("rename", from, "Is a directory");
    }
    if (node->kind == FileKind::kFolder && replaced->kind != FileKind::kFolder) {
      return missing("rename", from);  // ENOTDIR
    }
    if (!replaced->entries.empty()) return refused("rename", from, "Directory not empty");
  }
  source.folder->entries.erase(source.name);
  target.folder->entries[target.name] = node;
  return {};
}

Result<bool> MemoryFileSystem::rename_no_replace(const std::string& from, const std::string& to) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const Place source, disk_->find_place(from, "rename"));
  const std::shared_ptr<Node> node = source.node();
  if (node == nullptr) return missing("rename", from);
  PANNIER_ASSIGN(const Place target, disk_->find_place(to, "rename"));
  if (target.node() != nullptr) return false;
  source.folder->entries.erase(source.name);
  target.folder->entries[target.name] = node;
  return true;
}

Result<bool> MemoryFileSystem::link(const std::string& from, const std::string& to) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find(from, "link"));
  if (node->kind == FileKind::kFolder) return refused("link", from, "Operation not permitted");
  PANNIER_ASSIGN(const Place target, disk_->find_place(to, "link"));
  if (target.node() != nullptr) return false;
  target.folder->entries[target.name] = node;
  return true;
}

Status MemoryFileSystem::make_symlink(const std::string& target, const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const Place place, disk_->find_place(path, "link"));
  if (place.node() != nullptr) return refused("link", path, "File exists");
  auto node = new_node(FileKind::kSymlink, *place.folder, disk_->clock_seconds);
  node->contents = target;
  place.folder->entries[place.name] = std::move(node);
  return {};
}

Result<std::string> MemoryFileSystem::read_symlink(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find(path, "read link"));
  if (node->kind != FileKind::kSymlink) return refused("read link", path, "Invalid argument");
  return node->contents;
}

Result<bool> MemoryFileSystem::clone(const std::string& from, const std::string& to, bool executable) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> source, disk_->find(from, "open"));
  PANNIER_ASSIGN(const Place place, disk_->find_place(to, "create"));
  if (place.node() != nullptr) return refused("create", to, "File exists");
  if (!disk_->can_clone) return false;
  auto node = new_node(FileKind::kRegular, *place.folder, disk_->clock_seconds);
  node->executable = executable;
  node->contents = source->contents;
  place.folder->entries[place.name] = std::move(node);
  return true;
}

Status MemoryFileSystem::share_folder(const std::string& folder, uint32_t) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_folder(folder, "share"));
  node->group_shared = true;
  return {};
}

Status MemoryFileSystem::remove_file(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const Place place, disk_->find_place(path, "remove"));
  const std::shared_ptr<Node> node = place.node();
  if (node == nullptr) return missing("remove", path);
  if (node->kind == FileKind::kFolder) return refused("remove", path, "Is a directory");
  place.folder->entries.erase(place.name);
  return {};
}

Status MemoryFileSystem::remove_tree(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  const auto place = disk_->find_place(folder, "remove");
  if (!place.ok() && place.error().kind == ErrorKind::kNotFound) return {};
  if (!place.ok()) return place.error();
  place->folder->entries.erase(place->name);
  return {};
}

Status MemoryFileSystem::remove_empty_folder(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_folder(folder, "remove"));
  if (!node->entries.empty()) return refused("remove", folder, "Directory not empty");
  PANNIER_ASSIGN(const Place place, disk_->find_place(folder, "remove"));
  place.folder->entries.erase(place.name);
  return {};
}

Status MemoryFileSystem::sync_folder(const std::string& folder) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_folder(folder, "sync"));
  node->synced_entries = node->entries;
  return {};
}

Status MemoryFileSystem::sync_all(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> place, disk_->find(path, "sync"));
  visit(disk_->root, [](Node& node) {
    node.synced_contents = node.contents;
    node.synced_entries = node.entries;
  });
  return {};
}

Result<uint64_t> MemoryFileSystem::free_bytes(const std::string&) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  return disk_->free_bytes();
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::try_lock(const std::string& path) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_or_create(path, "lock"));
  if (node->is_locked || node->shared_lock_count > 0) return std::unique_ptr<FileLock>();
  node->is_locked = true;
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(disk_, node, std::nullopt));
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::lock(const std::string& path, LockMode mode) {
  std::unique_lock<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_or_create(path, "lock"));
  disk_->lock_released.wait(
      guard, [&] { return !node->is_locked && (mode == LockMode::kShared || node->shared_lock_count == 0); });
  if (mode == LockMode::kShared) {
    ++node->shared_lock_count;
  } else {
    node->is_locked = true;
  }
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(disk_, node, std::nullopt, mode));
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::try_lock_number(const std::string& path,
                                                                    uint64_t number) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  PANNIER_ASSIGN(const std::shared_ptr<Node> node, disk_->find_or_create(path, "lock"));
  if (!node->locked_numbers.insert(number).second) return std::unique_ptr<FileLock>();
  return std::unique_ptr<FileLock>(std::make_unique<Lock>(disk_, node, number));
}

void MemoryFileSystem::crash(CrashLoss loss) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  ++disk_->crash_count;
  const bool loses_names = loss == CrashLoss::kNames || loss == CrashLoss::kAll;
  const bool loses_contents = loss == CrashLoss::kContents || loss == CrashLoss::kAll;
  // By the names that survive: visit() reads a node's entries after they are set back.
  visit(disk_->root, [&](Node& node) {
    if (loses_names) node.entries = node.synced_entries;
    if (loses_contents) node.contents = node.synced_contents;
    // What is there after the crash is what the disk holds.
    node.synced_entries = node.entries;
    node.synced_contents = node.contents;
    node.is_locked = false;
    node.shared_lock_count = 0;
    node.locked_numbers.clear();
  });
  disk_->lock_released.notify_all();
}

void MemoryFileSystem::set_clock_seconds(int64_t seconds) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  disk_->clock_seconds = seconds;
}

void MemoryFileSystem::set_can_clone(bool can_clone) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  disk_->can_clone = can_clone;
}

void MemoryFileSystem::set_capacity_bytes(uint64_t bytes) {
  const std::lock_guard<std::mutex> guard(disk_->mutex);
  disk_->capacity_bytes = bytes;
}

}  // namespace pannier
