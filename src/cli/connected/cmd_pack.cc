// pack: folders of models become one bundle.
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/connected/pack.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

// "dir:PATH", or a path that exists.
Result<std::string> folder_of_ref(const std::string& ref) {
  if (ref.starts_with("dir:")) return ref.substr(4);
  if (struct stat info{}; ::stat(ref.c_str(), &info) == 0) {
    log_note("\"" + ref + "\" is a path here: taken as dir:" + ref);
    return ref;
  }
  if (ref.find(':') == std::string::npos && (ref.starts_with("/") || ref.starts_with("."))) {
    return Error{ErrorKind::kNotFound, ref + " does not exist", "give a folder that holds a model"};
  }
  return Error{ErrorKind::kUnsupported,
               "\"" + ref + "\" is not a folder here, and this version packs folders only (dir:PATH)",
               "download the model to a folder first, then pack dir:FOLDER"};
}

void print_people(const PackResult& result, const std::string& output, bool dry_run) {
  Table table;
  table.column("MODEL");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("FROM");
  for (const PackedModel& model : result.models) {
    table.row({model.name, std::to_string(model.file_count), human_bytes(model.bytes), model.folder});
  }
  table.print();
  for (const LeftOut& left_out : result.left_out) {
    print_line("left out: " + for_display(left_out.path) + " (" + left_out.reason + ")");
  }
  print_line("");
  print_line((dry_run ? "would write " : "wrote ") + output + ": " + human_bytes(result.bundle_bytes) +
             " in " + counted(result.block_count, "block") + ", not signed");
  print_line("payload sha256:" + result.payload_digest.hex());
}

void print_machine(const PackResult& result, const std::string& output) {
  JsonWriter json = json_result();
  json.begin_object().member("bundle", output).member("bytes", result.bundle_bytes);
  json.member("blocks", result.block_count).member("payload_digest", result.payload_digest.oci());
  json.key("models").begin_array();
  for (const PackedModel& model : result.models) {
    json.begin_object().member("name", model.name).member("folder", for_display(model.folder));
    json.member("files", model.file_count).member("bytes", model.bytes).end_object();
  }
  json.end_array().key("left_out").begin_array();
  for (const LeftOut& left_out : result.left_out) {
    json.begin_object()
        .member("path", for_display(left_out.path))
        .member("reason", left_out.reason)
        .end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

Result<int> run_pack(Args& args, std::span<const std::string> words) {
  std::vector<std::string> refs;
  std::string name;
  PackOptions options;
  bool plain = false;
  args.positionals("REF", refs, "dir:FOLDER, or the path of a folder that holds a model", true);
  args.option("-o,--output", "FILE", options.output, "the bundle to write, by custom NAME.pannier");
  args.option("--name", "NAME", name,
              "what the model is called on the far side (one REF; default: its folder's name)");
  args.flag("--plain", plain,
            "the layout that tar and scanners read as it is (the only one in this version)");
  args.flag("--force", options.overwrite, "replace FILE where it exists");
  args.flag("--dry-run", options.dry_run, "read and check everything, write nothing");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (options.output.empty() && !options.dry_run)
    return args.usage_error("no output is given", "say -o FILE");
  if (!name.empty() && refs.size() != 1) return args.usage_error("--name goes with one REF");

  std::vector<PackSource> sources;
  for (const std::string& ref : refs) {
    PANNIER_ASSIGN(std::string folder, folder_of_ref(ref));
    sources.push_back({name, std::move(folder)});
  }
  Progress progress("packing");
  options.transfer = progress.transfer();
  PANNIER_ASSIGN(const PackResult result, pack_sources(real_file_system(), sources, options));
  progress.finish();
  if (args.json()) {
    print_machine(result, options.output);
  } else {
    print_people(result, options.output, options.dry_run);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdPack;
const Command kCmdPack = {
    "pack",
    "Connected side",
    "write models into one bundle that can cross the gap",
    "pack dir:models/sst2-tiny -o sentiment.pannier\n"
    "pack dir:a dir:b -o both.pannier --dry-run   # what would be packed",
    "corrupt, not found, unsupported, limit, I/O, interrupted",
    &run_pack,
};

}  // namespace pannier
