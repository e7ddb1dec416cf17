#include "base/fs_faulty.h"

#include <csignal>
#include <mutex>

namespace pannier {

// Counts calls and decides which of them fail.
struct FaultyFileSystem::Faults {
  explicit Faults(FaultPlan the_plan) : plan(std::move(the_plan)) {}

  FaultPlan plan;
  std::atomic<uint64_t> call_count{0};
  std::atomic<bool> was_hit{false};
  std::once_flag before_fault_once;

  // Counts one call; true when it is to fail.
  bool next_call_fails() {
    const uint64_t call = ++call_count;
    const bool fails = plan.at_call != 0 && (call == plan.at_call || (plan.for_ever && call > plan.at_call));
    if (!fails) return false;
    was_hit = true;
    if (plan.before_fault) std::call_once(before_fault_once, plan.before_fault);
    if (plan.kind == FaultKind::kKill) (void)std::raise(SIGKILL);
    return true;
  }

  Error error(const char* operation, const std::string& path) const {
    const bool is_full = plan.kind == FaultKind::kNoSpace || plan.kind == FaultKind::kShortWrite;
    return {ErrorKind::kIo,
            std::string("cannot ") + operation + " " + path + ": " +
                (is_full ? "No space left on device" : "Input/output error") + " (injected)",
            ""};
  }

  // Runs `call`, unless this is the one to fail. The late error runs it and hides the answer.
  template <class Call>
  auto run(const char* operation, const std::string& path, const Call& call) -> decltype(call()) {
    if (!next_call_fails()) return call();
    if (plan.kind == FaultKind::kLateError) (void)call();
    return error(operation, path);
  }
};

class FaultyFileSystem::Reader : public ReadableFile {
 public:
  Reader(std::shared_ptr<Faults> faults, std::unique_ptr<ReadableFile> below, std::string path)
      : faults_(std::move(faults)), below_(std::move(below)), path_(std::move(path)) {}

  uint64_t size() const override { return below_->size(); }
  Status read_at(uint64_t offset, MutableByteSpan out) override {
    return faults_->run("read", path_, [&] { return below_->read_at(offset, out); });
  }

 private:
  std::shared_ptr<Faults> faults_;
  std::unique_ptr<ReadableFile> below_;
  std::string path_;
};

class FaultyFileSystem::Writer : public WritableFile {
 public:
  Writer(std::shared_ptr<Faults> faults, std::unique_ptr<WritableFile> below, std::string path)
      : faults_(std::move(faults)), below_(std::move(below)), path_(std::move(path)) {}

  Status append(ByteSpan bytes) override {
    if (!faults_->next_call_fails()) return below_->append(bytes);
    if (faults_->plan.kind == FaultKind::kShortWrite) (void)below_->append(bytes.first(bytes.size() / 2));
    if (faults_->plan.kind == FaultKind::kLateError) (void)below_->append(bytes);
    return faults_->error("write", path_);
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    if (!faults_->next_call_fails()) return below_->write_at(offset, bytes);
    if (faults_->plan.kind == FaultKind::kShortWrite)
      (void)below_->write_at(offset, bytes.first(bytes.size() / 2));
    if (faults_->plan.kind == FaultKind::kLateError) (void)below_->write_at(offset, bytes);
    return faults_->error("write", path_);
  }

  Status sync() override {
    return faults_->run("sync", path_, [&] { return below_->sync(); });
  }

  Status close() override {
    return faults_->run("close", path_, [&] { return below_->close(); });
  }

 private:
  std::shared_ptr<Faults> faults_;
  std::unique_ptr<WritableFile> below_;
  std::string path_;
};

class FaultyFileSystem::RandomAccess : public RandomAccessFile {
 public:
  RandomAccess(std::shared_ptr<Faults> faults, std::unique_ptr<RandomAccessFile> below, std::string path)
      : faults_(std::move(faults)), below_(std::move(below)), path_(std::move(path)) {}

  Result<uint64_t> size() override {
    return faults_->run("look at", path_, [&] { return below_->size(); });
  }

  Status read_at(uint64_t offset, MutableByteSpan out) override {
    return faults_->run("read", path_, [&] { return below_->read_at(offset, out); });
  }

  Status write_at(uint64_t offset, ByteSpan bytes) override {
    if (!faults_->next_call_fails()) return below_->write_at(offset, bytes);
    if (faults_->plan.kind == FaultKind::kShortWrite)
      (void)below_->write_at(offset, bytes.first(bytes.size() / 2));
    if (faults_->plan.kind == FaultKind::kLateError) (void)below_->write_at(offset, bytes);
    return faults_->error("write", path_);
  }

  Status resize(uint64_t bytes) override {
    return faults_->run("resize", path_, [&] { return below_->resize(bytes); });
  }

  Status sync() override {
    return faults_->run("sync", path_, [&] { return below_->sync(); });
  }

 private:
  std::shared_ptr<Faults> faults_;
  std::unique_ptr<RandomAccessFile> below_;
  std::string path_;
};

FaultyFileSystem::FaultyFileSystem(FileSystem& below, FaultPlan plan)
    : below_(below), faults_(std::make_shared<Faults>(std::move(plan))) {}
FaultyFileSystem::~FaultyFileSystem() = default;

uint64_t FaultyFileSystem::call_count() const { return faults_->call_count; }
bool FaultyFileSystem::was_hit() const { return faults_->was_hit; }

Result<FileStat> FaultyFileSystem::stat(const std::string& path) {
  return faults_->run("look at", path, [&] { return below_.stat(path); });
}

Result<std::vector<FolderEntry>> FaultyFileSystem::list(const std::string& folder) {
  return faults_->run("list", folder, [&] { return below_.list(folder); });
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::open(const std::string& path) {
  return faults_->run("open", path, [&]() -> Result<std::unique_ptr<ReadableFile>> {
    PANNIER_ASSIGN(std::unique_ptr<ReadableFile> file, below_.open(path));
    return std::unique_ptr<ReadableFile>(std::make_unique<Reader>(faults_, std::move(file), path));
  });
}

Result<std::unique_ptr<ReadableFile>> FaultyFileSystem::open_uncached(const std::string& path) {
  return faults_->run("open", path, [&]() -> Result<std::unique_ptr<ReadableFile>> {
    PANNIER_ASSIGN(std::unique_ptr<ReadableFile> file, below_.open_uncached(path));
    return std::unique_ptr<ReadableFile>(std::make_unique<Reader>(faults_, std::move(file), path));
  });
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::create(const std::string& path, bool executable) {
  return faults_->run("create", path, [&]() -> Result<std::unique_ptr<WritableFile>> {
    PANNIER_ASSIGN(std::unique_ptr<WritableFile> file, below_.create(path, executable));
    return std::unique_ptr<WritableFile>(std::make_unique<Writer>(faults_, std::move(file), path));
  });
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::create_private(const std::string& path) {
  return faults_->run("create", path, [&]() -> Result<std::unique_ptr<WritableFile>> {
    PANNIER_ASSIGN(std::unique_ptr<WritableFile> file, below_.create_private(path));
    return std::unique_ptr<WritableFile>(std::make_unique<Writer>(faults_, std::move(file), path));
  });
}

Result<std::unique_ptr<RandomAccessFile>> FaultyFileSystem::open_or_create(const std::string& path) {
  return faults_->run("open", path, [&]() -> Result<std::unique_ptr<RandomAccessFile>> {
    PANNIER_ASSIGN(std::unique_ptr<RandomAccessFile> file, below_.open_or_create(path));
    return std::unique_ptr<RandomAccessFile>(std::make_unique<RandomAccess>(faults_, std::move(file), path));
  });
}

Status FaultyFileSystem::make_folders(const std::string& folder) {
  return faults_->run("create folder", folder, [&] { return below_.make_folders(folder); });
}

Status FaultyFileSystem::rename(const std::string& from, const std::string& to) {
  return faults_->run("rename", from, [&] { return below_.rename(from, to); });
}

Result<bool> FaultyFileSystem::rename_no_replace(const std::string& from, const std::string& to) {
  return faults_->run("rename", from, [&] { return below_.rename_no_replace(from, to); });
}

Result<bool> FaultyFileSystem::link(const std::string& from, const std::string& to) {
  return faults_->run("link", from, [&] { return below_.link(from, to); });
}

Status FaultyFileSystem::make_symlink(const std::string& target, const std::string& path) {
  return faults_->run("create link", path, [&] { return below_.make_symlink(target, path); });
}

Result<std::string> FaultyFileSystem::read_symlink(const std::string& path) {
  return faults_->run("read link", path, [&] { return below_.read_symlink(path); });
}

Result<bool> FaultyFileSystem::clone(const std::string& from, const std::string& to, bool executable) {
  return faults_->run("clone to", to, [&] { return below_.clone(from, to, executable); });
}

Status FaultyFileSystem::share_folder(const std::string& folder, uint32_t group) {
  return faults_->run("share", folder, [&] { return below_.share_folder(folder, group); });
}

Status FaultyFileSystem::remove_file(const std::string& path) {
  return faults_->run("remove", path, [&] { return below_.remove_file(path); });
}

Status FaultyFileSystem::remove_tree(const std::string& folder) {
  return faults_->run("remove", folder, [&] { return below_.remove_tree(folder); });
}

Status FaultyFileSystem::remove_empty_folder(const std::string& folder) {
  return faults_->run("remove", folder, [&] { return below_.remove_empty_folder(folder); });
}

Status FaultyFileSystem::sync_folder(const std::string& folder) {
  return faults_->run("sync", folder, [&] { return below_.sync_folder(folder); });
}

Status FaultyFileSystem::sync_all(const std::string& path) {
  return faults_->run("sync", path, [&] { return below_.sync_all(path); });
}

Result<uint64_t> FaultyFileSystem::free_bytes(const std::string& path) {
  return faults_->run("ask the free space of", path, [&] { return below_.free_bytes(path); });
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::try_lock(const std::string& path) {
  return faults_->run("lock", path, [&] { return below_.try_lock(path); });
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::lock(const std::string& path, LockMode mode) {
  return faults_->run("lock", path, [&] { return below_.lock(path, mode); });
}

Result<std::unique_ptr<FileLock>> FaultyFileSystem::try_lock_number(const std::string& path,
                                                                    uint64_t number) {
  return faults_->run("lock", path, [&] { return below_.try_lock_number(path, number); });
}

}  // namespace pannier
