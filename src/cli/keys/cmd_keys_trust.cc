// keys trust: the first root of a store, trusted because a person has compared its fingerprint.
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/display.h"
#include "base/fingerprint.h"
#include "carry/trust/trust_store.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/output.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

// The fingerprint typed as an option is the confirmation; else somebody at a terminal is asked. A script
// without the option confirms nothing.
Status confirm(const TrustRoot& root, const std::string& typed) {
  const Digest fingerprint = trust_root_fingerprint(root);
  if (!typed.empty()) {
    if (is_fingerprint_of(fingerprint, typed)) return {};
    return Error{ErrorKind::kUntrusted,
                 "the fingerprint of this root is " + fingerprint.hex() + ", not the one that was given",
                 "do not go on: either a digit is wrong, or this is not the root that you were told of"};
  }
  if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
    return Error{ErrorKind::kInvalid, "nobody is here to compare the root's fingerprint",
                 "say it: --fingerprint HEX, as the security officer told it, by telephone or on paper"};
  }
  print_root(root);
  std::printf(
      "\nAsk the security officer for the fingerprint over another way than this file came, and compare all "
      "of it.\nIs it the same? Type yes to trust this root: ");
  std::fflush(stdout);
  char answer[16] = {};
  const bool is_yes =
      std::fgets(answer, sizeof answer, stdin) != nullptr && std::strcmp(answer, "yes\n") == 0;
  if (is_yes) return {};
  return Error{ErrorKind::kUntrusted, "the root was not confirmed; nothing is trusted", ""};
}

Result<int> run_keys_trust(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string fingerprint;
  std::string store;
  args.positional("FILE", path, "the root", true);
  args.option("--fingerprint", "HEX", fingerprint, "all of its fingerprint: 64 digits, or the 16 words");
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const TrustRoot root, read_root_file(path));
  PANNIER_TRY(check_own_signatures(root));
  PANNIER_ASSIGN(const std::string place, store_to_write(store));
  PANNIER_TRY(confirm(root, fingerprint));
  PANNIER_TRY(check_store_writable(place));
  PANNIER_TRY(trust_first_root(real_file_system(), place, write_dsse(root.envelope)));
  PANNIER_TRY(record_root_event("keys trust", root, place, path,
                                fingerprint.empty() ? "confirmed at a terminal" : "fingerprint given"));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("store", for_display(place));
    write_root_members(root, json);
    json.end_object();
    print_json(json);
  } else {
    print_line("in " + for_display(place) + ": root " + std::to_string(root.number) + " of " +
               for_display(root.name) + " is trusted");
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysTrust;
const Command kCmdKeysTrust = {
    "keys trust",
    "",
    "trust a store's first root, by its fingerprint",
    "keys trust root-1.json   # shows the fingerprint, also in words, and asks\n"
    "keys trust root-1.json --store /srv/models --fingerprint 'acid chalk …'",
    "corrupt, untrusted, not found, unsupported, limit, I/O",
    &run_keys_trust,
};

}  // namespace pannier
