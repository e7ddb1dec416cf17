// keys export: the public key, for those who are to trust it.
#include "base/display.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/key_report.h"
#include "cli/output.h"
#include "cli/signing_key.h"
#include "format/key_file.h"

namespace pannier {
namespace {

Status write_new_file(const std::string& path, std::string_view contents) {
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, real_file_system().create(path));
  PANNIER_TRY(file->append(as_bytes(contents)));
  return file->close();
}

Result<int> run_keys_export(Args& args, std::span<const std::string> words) {
  std::string name;
  std::string output;
  args.positional("NAME", name, "a name of `keys list`", true);
  args.option("-o,--output", "FILE", output, "write it there, not on standard output; never overwritten");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const P256PublicKey key, load_public_key(name));
  const std::string pem = write_public_key_file(key);
  if (!output.empty()) PANNIER_TRY(write_new_file(output, pem));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("name", for_display(name));
    write_key_members(key, json);
    if (!output.empty()) json.member("file", for_display(output));
    json.member("pem", pem).end_object();
    print_json(json);
  } else if (output.empty()) {
    print_line(pem.substr(0, pem.size() - 1));
  } else {
    print_line(for_display(output) + ": the public key of " + for_display(name));
    print_fingerprint(key);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysExport;
const Command kCmdKeysExport = {
    "keys export",
    "",
    "the public key as PEM, for those who are to trust it",
    "keys export alice -o alice.pub",
    "corrupt, not found, unsupported, limit, I/O",
    &run_keys_export,
};

}  // namespace pannier
