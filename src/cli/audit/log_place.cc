// The log of a store, or the user's own.
#include "cli/audit/log_place.h"

#include "base/environment.h"
#include "carry/audit/audit_log.h"
#include "cli/store_location.h"

namespace pannier {

void declare_log_place(std::string& store, bool& own, Args& args) {
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.flag("--own", own, "your own log: what you did without a store, or with one that you may only read");
}

Result<LogPlace> find_log(const std::string& store, bool own) {
  if (own && !store.empty()) {
    return Error{ErrorKind::kInvalid, "--own and --store exclude each other", "leave one of them out"};
  }
  if (!own) {
    const auto places = stores_to_read(store);
    if (places.ok()) return LogPlace{audit_log_path(places->front()), places->front()};
    if (!store.empty() || places.error().kind != ErrorKind::kNotFound) return places.error();
  }
  const std::string path = user_audit_log_path(process_environment());
  if (!path.empty()) return LogPlace{path, ""};
  return Error{
      ErrorKind::kNotFound,
      "there is no store, and no place for a log of your own: neither PANNIER_HOME, XDG_STATE_HOME nor "
      "HOME is set",
      "say --store FOLDER"};
}

}  // namespace pannier
