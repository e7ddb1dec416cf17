#include "cli/store_event.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "base/display.h"
#include "base/environment.h"
#include "base/log.h"
#include "carry/store/store_layout.h"
#include "cli/group_name.h"

namespace pannier {
namespace {

// "its owner (user 0)", "members of the group models".
std::string who_may_write(const struct stat& folder) {
  std::string owner = "its owner (user " + std::to_string(folder.st_uid) + ")";
  if ((folder.st_mode & S_IWGRP) == 0) return owner;
  return owner + " and members of the group " + group_name(folder.st_gid);
}

Status record(const std::string& store_root, AuditEvent event, const Status& outcome) {
  event.verdict = outcome.ok() ? "ok" : error_kind_name(outcome.error().kind);
  if (!outcome.ok() && event.detail.empty()) event.detail = outcome.error().message;
  return record_audit(real_file_system(), process_environment(), store_root, event);
}

void warn_of_log(const Status& told) {
  if (!told.ok()) log_warning("the audit log was not written: " + told.error().to_string());
}

}  // namespace

Status check_store_writable(const std::string& store_root) {
  const std::string folder = store_layout::own_folder(store_root);
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0) return {};
  if (::access(folder.c_str(), W_OK) != 0) {
    return Error{ErrorKind::kIo, "you may read the store at " + for_display(store_root) + ", not change it",
                 "ask one of those who may: " + who_may_write(info) +
                     "; or use a store of your own with --store FOLDER"};
  }
  return check_audit_writable(real_file_system(), audit_log_path(store_root));
}

Status check_user_audit() {
  const std::string path = user_audit_log_path(process_environment());
  if (path.empty()) {
    return Error{ErrorKind::kInvalid,
                 "no place for the audit log is known: neither PANNIER_HOME, XDG_STATE_HOME nor HOME is set",
                 "set PANNIER_HOME"};
  }
  return check_audit_writable(real_file_system(), path);
}

Status record_store_event(const std::string& store_root, AuditEvent event, const Status& outcome) {
  Status told = record(store_root, std::move(event), outcome);
  if (outcome.ok()) return told;
  warn_of_log(told);
  return outcome;
}

void record_event_or_warn(const std::string& store_root, AuditEvent event, const Status& outcome) {
  warn_of_log(record(store_root, std::move(event), outcome));
}

}  // namespace pannier
