// keys list: the keys of this user.
#include "base/display.h"
#include "base/fingerprint.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/key_report.h"
#include "cli/output.h"
#include "cli/signing_key.h"

namespace pannier {
namespace {

Result<int> run_keys_list(Args& args, std::span<const std::string> words) {
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const KeyStore keys, user_keys());
  PANNIER_ASSIGN(const std::vector<StoredKey> stored, keys.list());
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("folder", for_display(keys.folder())).key("keys").begin_array();
    for (const StoredKey& key : stored) {
      json.begin_object().member("name", key.name).member("private", key.has_private);
      write_key_members(key.public_key, json);
      json.end_object();
    }
    json.end_array().end_object();
    print_json(json);
    return kExitOk;
  }
  Table table;
  table.column("NAME");
  table.column("KIND");
  table.column("KEY ID");
  for (const StoredKey& key : stored) {
    table.row({key.name, key.has_private ? "private" : "public", key_id(key.public_key).hex()});
  }
  table.print();
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysList;
const Command kCmdKeysList = {
    "keys list", "", "your keys", "keys list\nkeys list --json", "limit, I/O", &run_keys_list,
};

}  // namespace pannier
