// resend: makes those volumes of a bundle again that the far side asks for.
#include "base/display.h"
#include "carry/transport/volumes/member_writer.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

Result<int> run_resend(Args& args, std::span<const std::string> words) {
  std::vector<std::string> list;
  std::vector<std::string> kept;
  std::string folder;
  args.positionals("LIST", list, "what `verify` gave: numbers, and four letters or digits at the end", true);
  args.option("--from", "PATH", kept, "the folder or files that pack made and that were kept");
  args.option("-o,--output", "FOLDER", folder, "where the volumes are written");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (kept.empty()) return args.usage_error("nothing is given to make them from", "say --from FOLDER");
  if (folder.empty()) return args.usage_error("no folder is given", "say -o FOLDER");
  std::string text;
  for (const std::string& word : list) text += word + " ";
  Progress progress("making volumes");
  const auto files = resend_volumes(real_file_system(), kept, text, folder, progress.transfer());
  progress.finish();
  if (!files.ok()) return files.error();
  if (!args.json()) {
    for (const std::string& path : *files) print_line(for_display(path));
    return kExitOk;
  }
  JsonWriter json = json_result();
  json.begin_object().key("files").begin_array();
  for (const std::string& path : *files) json.string(for_display(path));
  json.end_array().end_object();
  print_json(json);
  return kExitOk;
}

}  // namespace

extern const Command kCmdResend;
const Command kCmdResend = {
    "resend",
    "Either side",
    "make those volumes of a bundle again that verify on the far side asks for",
    "resend 003 007-009 k7qd --from kept/models -o again\n"
    "resend p02 x3fa --from kept/models -o /media/stick --json",
    "corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_resend,
};

}  // namespace pannier
