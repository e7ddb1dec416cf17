// keys import: the next roots of a store, as files of their own: a rotation or a revocation that came on
// paper or on a stick, before any bundle brings it.
#include <fmt/core.h>

#include "base/display.h"
#include "base/limits.h"
#include "carry/store/store.h"
#include "carry/trust/root_draft.h"
#include "carry/trust/trust_store.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/output.h"
#include "cli/store_event.h"
#include "cli/store_location.h"
#include "cli/trust_report.h"
#include "format/trust_bundle.h"

namespace pannier {
namespace {

// A file holds one root, or several as a bundle carries them (pannier/trust.json).
Status read_roots(const std::string& path, std::vector<std::string>& envelopes) {
  PANNIER_ASSIGN(const std::string contents,
                 read_small_file(real_file_system(), bundle_argument(path), limits::kTrustBytesMax));
  const auto several = parse_trust_bundle(contents, for_display(path));
  if (several.ok()) {
    for (const TrustRoot& root : *several) envelopes.push_back(write_dsse(root.envelope));
    return {};
  }
  PANNIER_ASSIGN(const TrustRoot root, parse_trust_root(contents, for_display(path)));
  envelopes.push_back(write_dsse(root.envelope));
  return {};
}

Result<int> run_keys_import(Args& args, std::span<const std::string> words) {
  std::vector<std::string> paths;
  std::string store_option;
  args.positionals("FILE", paths, "the next roots, in any order", true);
  args.option("--store", "FOLDER", store_option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  FileSystem& fs = real_file_system();
  std::vector<std::string> envelopes;
  for (const std::string& path : paths) PANNIER_TRY(read_roots(path, envelopes));
  PANNIER_ASSIGN(const std::string place, store_to_write(store_option));
  PANNIER_ASSIGN(const TrustRoots before, read_trust_roots(fs, place));
  PANNIER_TRY(check_store_writable(place));
  PANNIER_TRY(add_trust_roots(fs, place, envelopes));
  PANNIER_ASSIGN(const TrustRoots after, read_trust_roots(fs, place));
  const TrustRoot& root = *after.current();
  const size_t added = after.chain.size() - before.chain.size();
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, place));
  PANNIER_ASSIGN(const std::vector<TouchedReference> touched, touched_by_revocations(fs, *store, root));
  if (added > 0) {
    PANNIER_TRY(record_root_event("keys import", root, place, paths.front(),
                                  fmt::format("{}, {} touched", counted(added, "new root"), touched.size())));
  }
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("store", for_display(place)).member("new_roots", uint64_t{added});
    write_root_members(root, json);
    write_touched(touched, json);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  print_line(fmt::format("in {}: {}; root {} of {} is in force", for_display(place),
                         counted(added, "new root"), root.number, for_display(root.name)));
  print_touched(touched);
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysImport;
const Command kCmdKeysImport = {
    "keys import",
    "",
    "add the next roots: rotated keys, revocations",
    "keys import root-2.json\nkeys import root-2.json root-3.json --store /srv/models",
    "corrupt, untrusted, not found, unsupported, limit, I/O",
    &run_keys_import,
};

}  // namespace pannier
