// Appends to the audit log: find the last whole line, chain to it, write behind it, sync.
#include "carry/audit/audit_log.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <thread>

#include "base/limits.h"
#include "base/version.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

// The log is its own lock file: this number lies beyond every byte that it will ever have.
constexpr uint64_t kLockNumber = 1ull << 61;
constexpr int kLockTriesMax = 250;
constexpr std::chrono::milliseconds kLockWait{20};

// How far back from its end a log is searched for a whole line: a few that were cut off, each as long as a
// line may be.
constexpr uint64_t kFirstWindowBytes = 64 * limits::kKiB;
constexpr uint64_t kWindowBytesMax = 8 * limits::kAuditLineBytesMax;

// The end of a log.
struct LogEnd {
  AuditHead head;                // the last whole line
  uint64_t bytes = 0;            // of the log
  bool needs_line_feed = false;  // its last byte is none
  std::string cut;  // what follows the last whole line: remains of lines that were never finished
};

// The last whole line in `window`, which holds the last bytes of a log; false where it begins before it.
bool find_last_line(std::string_view window, bool is_whole_log, LogEnd& end) {
  size_t line_end = window.size();
  end.needs_line_feed = !window.empty() && window.back() != '\n';
  if (!end.needs_line_feed && line_end > 0) --line_end;
  while (true) {
    const size_t feed = line_end == 0 ? std::string_view::npos : window.rfind('\n', line_end - 1);
    if (feed == std::string_view::npos && !is_whole_log) return false;
    const size_t begin = feed == std::string_view::npos ? 0 : feed + 1;
    const std::string_view text = window.substr(begin, line_end - begin);
    if (const auto line = parse_audit_line(text, "line"); line.ok()) {
      end.head = {line->number, sha256(text)};
      end.cut = window.substr(std::min(line_end + 1, window.size()));
      return true;
    }
    if (begin == 0) break;
    line_end = begin - 1;
  }
  end.head = {};
  end.cut = window;
  return true;
}

Result<LogEnd> find_end(const std::string& path, uint64_t bytes,
                        const std::function<Status(uint64_t, MutableByteSpan)>& read_at) {
  LogEnd end;
  end.bytes = bytes;
  for (uint64_t window_bytes = kFirstWindowBytes;; window_bytes *= 4) {
    window_bytes = std::min({window_bytes, kWindowBytesMax, bytes});
    std::string window(window_bytes, '\0');
    PANNIER_TRY(read_at(bytes - window_bytes, {reinterpret_cast<uint8_t*>(window.data()), window.size()}));
    if (find_last_line(window, window_bytes == bytes, end)) return end;
    if (window_bytes == kWindowBytesMax) break;
  }
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: none of its last {} bytes are a line of an audit log", path, kWindowBytesMax),
               "look at the file; move it away and keep it, and a new log begins"};
}

Result<std::unique_ptr<FileLock>> lock_log(FileSystem& fs, const std::string& path) {
  for (int tries = 0; tries < kLockTriesMax; ++tries) {
    if (tries > 0) std::this_thread::sleep_for(kLockWait);
    PANNIER_ASSIGN(std::unique_ptr<FileLock> lock, fs.try_lock_number(path, kLockNumber));
    if (lock != nullptr) return lock;
  }
  return Error{ErrorKind::kIo, "another program holds the audit log " + path + " locked",
               "end it, or try again"};
}

// The lines to append: first, where something was cut off, the one that says so.
std::string lines_to_append(const LogEnd& end, const AuditEvent& event, const AuditOrigin& origin) {
  std::string text = end.needs_line_feed ? "\n" : "";
  AuditHead head = end.head;
  const auto add = [&](const AuditEvent& added) {
    AuditLine line{head.count + 1, origin, added, {}};
    if (head.count > 0) line.previous = head.digest;
    const std::string written = write_audit_line(line);
    text += written + "\n";
    head = {line.number, sha256(written)};
  };
  if (!end.cut.empty()) {
    AuditEvent cut;
    cut.action = "cut";
    cut.verdict = "corrupt";
    cut.detail = fmt::format("{} bytes before this line were not finished", end.cut.size());
    cut.digests = {"cut " + sha256(end.cut).oci()};
    add(cut);
  }
  add(event);
  return text;
}

}  // namespace

std::string audit_log_path(const std::string& store_root) {
  return store_layout::own_folder(store_root) + "/audit/log.jsonl";
}

std::string user_audit_log_path(const Environment& environment) {
  const std::string folder = user_state_folder(environment, "audit");
  return folder.empty() ? "" : folder + "/log.jsonl";
}

AuditOrigin audit_origin_here(const Environment& environment) {
  AuditOrigin origin;
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  origin.time.assign(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  origin.uid = ::getuid();
  // Of the environment, not of the password database (a static program that asks it loads the host's
  // modules). With sudo, the number says root, and the name says who that was.
  if (origin.uid == 0) origin.user = environment("SUDO_USER");
  if (origin.user.empty()) origin.user = environment("USER");
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) origin.host = host.data();
  origin.version = kPannierVersion;
  return origin;
}

Status append_audit(FileSystem& fs, const std::string& log_path, const AuditEvent& event) {
  return append_audit(fs, log_path, event, audit_origin_here(process_environment()));
}

Status append_audit(FileSystem& fs, const std::string& log_path, const AuditEvent& event,
                    const AuditOrigin& origin) {
  PANNIER_TRY(fs.make_folders(parent_folder(log_path)));
  PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock, lock_log(fs, log_path));
  PANNIER_ASSIGN(const std::unique_ptr<RandomAccessFile> file, fs.open_or_create(log_path));
  PANNIER_ASSIGN(const uint64_t bytes, file->size());
  PANNIER_ASSIGN(const LogEnd end, find_end(log_path, bytes, [&](uint64_t offset, MutableByteSpan out) {
                   return file->read_at(offset, out);
                 }));
  const auto write = [&]() -> Status {
    PANNIER_TRY(file->write_at(bytes, as_bytes(lines_to_append(end, event, origin))));
    PANNIER_TRY(file->sync());
    if (bytes > 0) return {};
    PANNIER_TRY(fs.sync_folder(parent_folder(log_path)));
    return fs.sync_folder(parent_folder(parent_folder(log_path)));
  };
  Status status = write();
  // A full disk leaves half a line, which nobody has been told of: it goes again.
  if (!status.ok()) (void)file->resize(bytes);
  return status;
}

Status check_audit_writable(FileSystem& fs, const std::string& log_path) {
  const auto open = [&]() -> Status {
    PANNIER_TRY(fs.make_folders(parent_folder(log_path)));
    PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock, lock_log(fs, log_path));
    return {};
  };
  Status status = open();
  if (status.ok()) return status;
  return Error{status.error().kind,
               "the audit log cannot be written, so nothing was changed: " + status.error().message,
               status.error().hint};
}

Status record_audit(FileSystem& fs, const Environment& environment, const std::string& store_root,
                    const AuditEvent& event) {
  const std::string own = user_audit_log_path(environment);
  const AuditOrigin origin = audit_origin_here(environment);
  // A refusal must not leave the beginnings of a store behind.
  const auto store = fs.stat(store_layout::format_file(store_root));
  const bool has_store = store.ok() || store.error().kind != ErrorKind::kNotFound;
  if (!store_root.empty() && has_store) {
    const std::string path = audit_log_path(store_root);
    Status status = append_audit(fs, path, event, origin);
    if (status.ok() || own.empty() || status.error().kind != ErrorKind::kIo) return status;
  }
  if (own.empty()) {
    return Error{ErrorKind::kIo,
                 "there is no place for an audit log: neither PANNIER_HOME, XDG_STATE_HOME nor HOME is set",
                 "set PANNIER_HOME to a folder that you may write"};
  }
  return append_audit(fs, own, event, origin);
}

Result<AuditHead> audit_head(FileSystem& fs, const std::string& log_path) {
  auto file = fs.open(log_path);
  if (!file.ok() && file.error().kind == ErrorKind::kNotFound) return AuditHead{};
  if (!file.ok()) return std::move(file).error();
  PANNIER_ASSIGN(const LogEnd end,
                 find_end(log_path, (*file)->size(), [&](uint64_t offset, MutableByteSpan out) {
                   return (*file)->read_at(offset, out);
                 }));
  return end.head;
}

}  // namespace pannier
