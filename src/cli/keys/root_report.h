// What the commands about roots share: reading a root's file, the keys that options name, what is shown of a
// root, and the line in the audit log.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/args.h"
#include "format/trust_root.h"

namespace pannier {

// Options that name keys by role, for `keys root new` and `keys rotate`. Each value is a name of `keys list`,
// a PEM file, or NAME=FILE.
struct RoleOptions {
  std::vector<std::string> root, packer, reviewer, receiver;

  void declare(Args& args);
  // Adds them all. Errors of load_public_key and add_root_key.
  Status apply(TrustRoot& root_to_change) const;
};

// A root's file, parsed; its signatures are not checked.
Result<TrustRoot> read_root_file(const std::string& path);

// The root that a next one is made from: of the file, else the one in force in the store that --store means.
Result<TrustRoot> root_to_follow(const std::string& file, const std::string& store);

// The root for people: fingerprint in both ways, threshold, policy, keys, revoked keys.
void print_root(const TrustRoot& root);
// The same as members of an object that is open.
void write_root_members(const TrustRoot& root, JsonWriter& json);

// After a draft or a signature was written: where, what it says, how many signatures are missing.
void print_root_draft(const Args& args, const TrustRoot& root, const std::string& path);

// What `keys root new`, `rotate` and `revoke` end with: writes the new draft (kInvalid where the file exists,
// or the root makes no sense; warns of what would be regretted), tells it in the user's log, and prints it.
Status make_root_draft(const Args& args, const std::string& action, TrustRoot& root, const std::string& path,
                       const std::string& detail = "");

// Into the log of the store, or where `store_root` is empty the user's own.
Status record_root_event(const std::string& action, const TrustRoot& root, const std::string& store_root,
                         const std::string& medium, const std::string& detail);

}  // namespace pannier
