#include "cli/keys/root_report.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/display.h"
#include "base/fingerprint.h"
#include "base/limits.h"
#include "base/log.h"
#include "carry/trust/root_draft.h"
#include "carry/trust/trust_store.h"
#include "cli/bundle_report.h"
#include "cli/keys/key_argument.h"
#include "cli/output.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

constexpr const char* kKeyValue = "[NAME=]KEY";

Status add_all(TrustRoot& root, const std::vector<std::string>& words, std::string_view role) {
  for (const std::string& word : words) {
    PANNIER_ASSIGN(const NamedPublicKey named, named_public_key(word));
    PANNIER_TRY(add_root_key(root, named.key, named.name, role));
  }
  return {};
}

std::string cutoffs_text(const RevokedKey& revoked) {
  if (revoked.cutoffs.empty()) return "all it ever signed";
  std::vector<std::string> parts;
  parts.reserve(revoked.cutoffs.size());
  for (const RevocationCutoff& cutoff : revoked.cutoffs) {
    parts.push_back(fmt::format("{} from {} on", cutoff.channel, cutoff.sequence));
  }
  return fmt::format("{}; all on other channels", fmt::join(parts, ", "));
}

void write_key(const RootKey& key, JsonWriter& json) {
  json.member("name", key.name).member("key_id", key_id(key.key).hex());
  json.key("roles").begin_array();
  for (const std::string& role : key.roles) json.string(role);
  json.end_array();
}

// How many more root keys must sign; of signatures by keys of the root before it this file alone cannot tell.
uint32_t missing_signatures(const TrustRoot& root) {
  const auto count = count_root_signatures(root, root);
  return count.ok() && *count < root.threshold ? root.threshold - *count : 0;
}

// kInvalid where the file exists, or the root makes no sense. Warns of what would be regretted.
Status write_root_draft(TrustRoot& root, const std::string& path) {
  sort_trust_root(root);
  PANNIER_TRY(check_trust_root(root));
  for (const std::string& warning : root_warnings(root)) log_warning(warning);
  if (real_file_system().stat(path).ok()) {
    return Error{ErrorKind::kInvalid, for_display(path) + " exists already", "give another name with -o"};
  }
  root.envelope = trust_root_envelope(root);
  return write_file_atomic(real_file_system(), path, write_dsse(root.envelope));
}

}  // namespace

void RoleOptions::declare(Args& args) {
  args.option("--root-key", kKeyValue, root,
              "may sign roots: a name of `keys list`, a PEM file, or NAME=FILE");
  args.option("--packer", kKeyValue, packer, "may sign bundles");
  args.option("--reviewer", kKeyValue, reviewer, "may countersign bundles (approve)");
  args.option("--receiver", kKeyValue, receiver, "may sign receipts");
}

Status RoleOptions::apply(TrustRoot& root_to_change) const {
  PANNIER_TRY(add_all(root_to_change, root, kRoleRoot));
  PANNIER_TRY(add_all(root_to_change, packer, kRolePacker));
  PANNIER_TRY(add_all(root_to_change, reviewer, kRoleReviewer));
  return add_all(root_to_change, receiver, kRoleReceiver);
}

Result<TrustRoot> read_root_file(const std::string& path) {
  PANNIER_ASSIGN(const std::string contents,
                 read_small_file(real_file_system(), bundle_argument(path), limits::kRootBytesMax));
  return parse_trust_root(contents, for_display(path));
}

Result<TrustRoot> root_to_follow(const std::string& file, const std::string& store) {
  if (!file.empty()) return read_root_file(file);
  PANNIER_ASSIGN(const std::string place, store_to_write(store));
  PANNIER_ASSIGN(const TrustRoots roots, read_trust_roots(real_file_system(), place));
  if (roots.current() != nullptr) return *roots.current();
  return Error{ErrorKind::kNotFound, for_display(place) + " trusts no root",
               "name the root's file with --root FILE, or the store with --store"};
}

void print_root(const TrustRoot& root) {
  const Digest fingerprint = trust_root_fingerprint(root);
  const size_t root_keys = root.count_of_role(kRoleRoot);
  print_line(fmt::format("root {} of {}", root.number, for_display(root.name)));
  print_line("fingerprint  " + fingerprint_hex(fingerprint).substr(0, 39));
  print_line("             " + fingerprint_hex(fingerprint).substr(40));
  print_line("in words     " + fingerprint_words(fingerprint));
  print_line(fmt::format("threshold    {} of {} root keys", root.threshold, root_keys));
  print_line("policy       " + policy_text(root));
  print_line("");
  Table table;
  table.column("NAME");
  table.column("ROLES");
  table.column("KEY ID");
  table.column("REVOKED");
  for (const RootKey& key : root.keys) {
    table.row({key.name, fmt::format("{}", fmt::join(key.roles, ", ")), key_id(key.key).hex(), ""});
  }
  for (const RevokedKey& revoked : root.revoked) {
    const std::string reason = revoked.reason.empty() ? "" : " (" + revoked.reason + ")";
    table.row({revoked.key.name, fmt::format("{}", fmt::join(revoked.key.roles, ", ")),
               key_id(revoked.key.key).hex(), cutoffs_text(revoked) + reason});
  }
  table.print();
}

void write_root_members(const TrustRoot& root, JsonWriter& json) {
  const Digest fingerprint = trust_root_fingerprint(root);
  json.member("number", root.number).member("name", for_display(root.name));
  json.member("fingerprint", fingerprint.oci()).member("fingerprint_words", fingerprint_words(fingerprint));
  json.member("threshold", uint64_t{root.threshold}).member("policy", policy_text(root));
  json.member("signatures_missing", uint64_t{missing_signatures(root)});
  json.key("keys").begin_array();
  for (const RootKey& key : root.keys) {
    json.begin_object();
    write_key(key, json);
    json.end_object();
  }
  json.end_array();
  json.key("revoked").begin_array();
  for (const RevokedKey& revoked : root.revoked) {
    json.begin_object();
    write_key(revoked.key, json);
    json.key("from").begin_object();
    for (const RevocationCutoff& cutoff : revoked.cutoffs) json.member(cutoff.channel, cutoff.sequence);
    json.end_object().member("reason", for_display(revoked.reason)).end_object();
  }
  json.end_array();
}

void print_root_draft(const Args& args, const TrustRoot& root, const std::string& path) {
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("file", for_display(path));
    write_root_members(root, json);
    json.end_object();
    print_json(json);
    return;
  }
  print_root(root);
  print_line("");
  const uint32_t missing = missing_signatures(root);
  if (missing > 0) {
    print_line(fmt::format("{}: {} missing: `{} keys root sign {} --key NAME`, by each of them",
                           for_display(path), counted(missing, "signature"), program_name(),
                           for_display(path)));
  } else {
    print_line(for_display(path) + ": signed by enough of its own root keys");
  }
  if (root.number > 1) {
    print_line(fmt::format("Enough root keys of root {} must sign it too.", root.number - 1));
  }
}

Status make_root_draft(const Args& args, const std::string& action, TrustRoot& root, const std::string& path,
                       const std::string& detail) {
  PANNIER_TRY(check_user_audit());
  PANNIER_TRY(write_root_draft(root, path));
  PANNIER_TRY(record_root_event(action, root, "", path, detail));
  print_root_draft(args, root, path);
  return {};
}

Status record_root_event(const std::string& action, const TrustRoot& root, const std::string& store_root,
                         const std::string& medium, const std::string& detail) {
  AuditEvent event;
  event.action = action;
  event.detail = detail;
  event.refs = {fmt::format("root {}", root.number)};
  event.digests = {"root " + trust_root_fingerprint(root).oci()};
  event.medium = medium;
  return record_store_event(store_root, std::move(event), {});
}

}  // namespace pannier
