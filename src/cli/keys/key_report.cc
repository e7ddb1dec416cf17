#include "cli/keys/key_report.h"

#include "base/display.h"
#include "base/fingerprint.h"
#include "carry/audit/audit_log.h"
#include "cli/output.h"

namespace pannier {

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

Status check_user_audit() {
  const std::string path = user_audit_log_path(process_environment());
  if (path.empty()) {
    return Error{ErrorKind::kInvalid,
                 "no place for the audit log is known: neither PANNIER_HOME, XDG_STATE_HOME nor HOME is set",
                 "set PANNIER_HOME"};
  }
  return check_audit_writable(real_file_system(), path);
}

Status record_key_event(const std::string& action, const std::string& name, const P256PublicKey& key) {
  AuditEvent event;
  event.action = action;
  event.verdict = "ok";
  event.refs = {name};
  event.digests = {"key " + key_id(key).oci()};
  return record_audit(real_file_system(), process_environment(), "", event);
}

}  // namespace pannier
