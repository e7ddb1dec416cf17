#include "cli/keys/key_report.h"

#include "base/display.h"
#include "base/fingerprint.h"
#include "cli/output.h"
#include "cli/signing_key.h"
#include "cli/store_event.h"

namespace pannier {
namespace {

void print_new_key(const Args& args, const KeyStore& keys, const std::string& name,
                   const P256PublicKey& key) {
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("name", name).member("folder", for_display(keys.folder()));
    write_key_members(key, json);
    json.end_object();
    print_json(json);
    return;
  }
  print_line("name         " + name);
  print_fingerprint(key);
  print_line("");
  print_line(for_display(keys.folder()) + "/" + name +
             ".key is encrypted; without its passphrase it is lost.");
  print_line("`" + program_name() + " keys export " + name +
             "` gives the public key to those who are to trust it.");
}

}  // namespace

void write_key_members(const P256PublicKey& key, JsonWriter& json) {
  const Digest id = key_id(key);
  json.member("key_id", id.hex()).member("fingerprint_words", fingerprint_words(id));
}

void print_fingerprint(const P256PublicKey& key) {
  const Digest id = key_id(key);
  print_line("key id       " + id.hex());
  print_line("fingerprint  " + fingerprint_hex(id).substr(0, 39));
  print_line("             " + fingerprint_hex(id).substr(40));
  print_line("in words     " + fingerprint_words(id));
}

Result<KeyStore> keys_for_new(const std::string& name) {
  PANNIER_TRY(check_key_name(name));
  PANNIER_ASSIGN(KeyStore keys, user_keys());
  PANNIER_TRY(keys.check_free(name));
  PANNIER_TRY(check_user_audit());
  return keys;
}

Status keep_new_key(const Args& args, const std::string& action, KeyStore& keys, const std::string& name,
                    const P256PrivateKey& key, const Secret& passphrase) {
  PANNIER_TRY(keys.create(name, key, passphrase));
  AuditEvent event;
  event.action = action;
  event.refs = {name};
  event.digests = {"key " + key_id(key.public_key()).oci()};
  PANNIER_TRY(record_store_event("", std::move(event), {}));
  print_new_key(args, keys, name, key.public_key());
  return {};
}

}  // namespace pannier
