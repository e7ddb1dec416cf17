// pack: models, data sets and wheels become one bundle; what is missing is fetched first.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/display.h"
#include "base/limits.h"
#include "base/log.h"
#include "carry/connected/pack.h"
#include "cli/args.h"
#include "cli/connected/load_trial.h"
#include "cli/connected/report.h"
#include "cli/connected/session.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

struct PackCommand {
  ConnectionOptions connection;
  WantedOptions wanted;
  PackOptions pack;
  std::string spec;
  std::string locked;
  bool plain = false;
  bool no_load_test = false;
  bool allow_incomplete = false;

  void declare(Args& args);
};

void PackCommand::declare(Args& args) {
  args.option("-o,--output", "FILE", pack.output, "the bundle to write, by custom NAME.pannier");
  args.option("--spec", "FILE", spec, "pack what this pannier.toml asks for");
  args.option("--locked", "FILE", locked, "pack exactly what this pannier.lock says");
  wanted.declare_models(args, true);
  wanted.declare_wheels(args);
  args.flag("--no-load-test", no_load_test, "do not try whether the models run");
  args.flag("--allow-incomplete", allow_incomplete, "pack although something that is needed is missing");
  args.flag("--plain", plain,
            "the layout that tar and scanners read as it is (the only one in this version)");
  args.flag("--force", pack.overwrite, "replace FILE where it exists");
  args.flag("--dry-run", pack.dry_run, "show what would be fetched and packed, write nothing");
  connection.declare(args);
  args.flag("--install-uv", connection.install_uv, "install the resolver uv where it is missing");
}

// Only folders: nothing is asked of anybody, and no store is needed.
bool only_folders(const SpecFile& spec) {
  const auto is_folder = [](const SpecEntry& entry) { return takes_all_files_unless_said(entry.ref); };
  return spec.datasets.empty() && !spec.python.asks_for_wheels() &&
         std::all_of(spec.models.begin(), spec.models.end(), is_folder);
}

void print_people(const PackResult& result, const std::string& output, bool dry_run) {
  Table table;
  table.column("NAME");
  table.column("KIND");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("FROM");
  for (const PackedModel& model : result.models) {
    table.row({model.name, std::string(artifact_kind_name(model.kind)), std::to_string(model.file_count),
               human_bytes(model.bytes), model.folder.empty() ? "store" : model.folder});
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

void write_packed(JsonWriter& json, const PackResult& result, const std::string& output) {
  json.member("bundle", output).member("bytes", result.bundle_bytes);
  json.member("blocks", result.block_count).member("payload_digest", result.payload_digest.oci());
  json.key("models").begin_array();
  for (const PackedModel& model : result.models) {
    json.begin_object().member("name", model.name).member("kind", artifact_kind_name(model.kind));
    json.member("folder", for_display(model.folder));
    json.member("files", model.file_count).member("bytes", model.bytes).end_object();
  }
  json.end_array().key("left_out").begin_array();
  for (const LeftOut& left_out : result.left_out) {
    json.begin_object()
        .member("path", for_display(left_out.path))
        .member("reason", left_out.reason)
        .end_object();
  }
  json.end_array();
}

// A folder goes from where it is into the bundle.
PackSource folder_source(const Snapshot& snapshot) {
  PackSource source;
  source.name = snapshot.name;
  source.folder = snapshot.ref.folder;
  if (!snapshot.left_out.empty()) {
    for (const SnapshotFile& file : snapshot.files) source.only.push_back(file.path);
  }
  return source;
}

std::unique_ptr<ModelFiles> files_of_folder(const Snapshot& snapshot) {
  std::map<std::string, std::string> paths;
  for (const SnapshotFile& file : snapshot.files) paths[file.path] = file.local_path;
  return model_files_from_paths(snapshot.name, std::move(paths));
}

Result<std::unique_ptr<ModelFiles>> files_of_store(const Store& store, const Reference& reference) {
  PANNIER_ASSIGN(const ModelManifest manifest, store.manifest(reference));
  std::map<std::string, std::string> paths;
  for (const ModelFile& file : manifest.files) paths[file.path] = store.blob_path(file.digest);
  return model_files_from_paths(reference.name, std::move(paths));
}

// Every model that will be packed is tried, or at least looked into.
Status try_loads(Session& session, const Resolved& resolved, const FetchResult& fetched) {
  const auto report = [](const LoadOutcome& outcome) { log_note(outcome.name + ": " + outcome.detail); };
  const std::vector<Snapshot> snapshots = resolved.fetched_snapshots();
  for (size_t i = 0; i < snapshots.size(); ++i) {
    if (snapshots[i].ref.repo_type == RepoType::kDataset) continue;
    const Reference& reference = fetched.snapshots[i].reference;
    PANNIER_ASSIGN(const std::unique_ptr<ModelFiles> files, files_of_store(session.store(), reference));
    PANNIER_ASSIGN(const LoadOutcome outcome,
                   try_load(reference.name, reference.name, session.store().root(), *files));
    report(outcome);
  }
  for (const Snapshot& snapshot : resolved.folder_snapshots()) {
    PANNIER_ASSIGN(const LoadOutcome outcome,
                   try_load(snapshot.name, "dir:" + snapshot.ref.folder, "", *files_of_folder(snapshot)));
    report(outcome);
  }
  return {};
}

Status check_complete(const Resolved& resolved, const PackCommand& command) {
  if (!resolved.has_errors() || command.allow_incomplete) return {};
  for (const PlanFinding& finding : resolved.plan.findings) {
    if (finding.severity != PlanFinding::Severity::kError || finding.taken_along) continue;
    return Error{ErrorKind::kIncomplete,
                 for_display(finding.snapshot) + ": " + for_display(finding.message) +
                     (finding.needed_by.empty() ? "" : " (" + for_display(finding.needed_by) + ")"),
                 "see all of it with --dry-run; pack all the same with --allow-incomplete"};
  }
  return {};
}

// Everything there is to read is read and laid out; nothing is fetched or written.
Result<int> show_plan(const Args& args, Session& session, const Resolved& resolved) {
  PANNIER_ASSIGN(const PlanReport report, make_plan_report(session, resolved));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_plan(json, report);
    json.end_object();
    print_json(json);
  } else {
    print_plan(report);
  }
  return kExitOk;
}

Result<int> finish(const Args& args, const PackCommand& command, const std::vector<PackSource>& sources,
                   const Resolved& resolved, const FetchResult* fetched) {
  PackOptions options = command.pack;
  Progress progress("packing");
  options.transfer = progress.transfer();
  PANNIER_ASSIGN(const PackResult result, pack_sources(real_file_system(), sources, options));
  progress.finish();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_packed(json, result, options.output);
    if (fetched != nullptr) write_fetched(json, resolved, *fetched);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  if (fetched != nullptr && !(fetched->snapshots.empty() && fetched->wheelhouses.empty())) {
    print_fetched(resolved, *fetched);
    print_line("");
  }
  print_people(result, options.output, options.dry_run);
  return kExitOk;
}

// What a folder lacks is told, not refused: it was put together by hand, and may be anything.
void warn_of_folders(Session& session, const SpecFile& spec) {
  const auto resolved = session.resolve(spec);
  if (!resolved.ok()) return;  // packing will say what is wrong with it, in its own words
  warn_of_findings(*resolved);
  for (const Snapshot& snapshot : resolved->plan.snapshots) {
    const auto outcome =
        try_load(snapshot.name, "dir:" + snapshot.ref.folder, "", *files_of_folder(snapshot));
    if (outcome.ok()) {
      log_note(outcome->name + ": " + outcome->detail);
    } else if (outcome.error().kind != ErrorKind::kInterrupted) {
      log_warning(outcome.error().message);
    }
  }
}

// Folders alone: no store is needed, and nothing is asked of anybody.
Result<int> pack_only_folders(const Args& args, const PackCommand& command, SpecFile spec) {
  std::vector<PackSource> sources;
  for (SpecEntry& entry : spec.models) {
    if (!entry.ref.starts_with("dir:")) {
      log_note("\"" + entry.ref + "\" is a path here: taken as dir:" + entry.ref);
      entry.ref.insert(0, "dir:");
    }
    PackSource source;
    source.name = entry.name;
    source.folder = entry.ref.substr(4);
    sources.push_back(std::move(source));
  }
  if (!command.no_load_test) {
    spec.closure = false;
    // What is wrong with certificates or tokens here is nothing to a folder.
    const auto session = Session::open(command.connection, false);
    if (session.ok()) warn_of_folders(**session, spec);
  }
  return finish(args, command, sources, {}, nullptr);
}

Result<int> pack_resolved(const Args& args, PackCommand& command, Session& session,
                          const Resolved& resolved) {
  if (!args.json()) warn_of_findings(resolved);
  if (command.pack.dry_run) return show_plan(args, session, resolved);
  PANNIER_TRY(check_complete(resolved, command));
  PANNIER_ASSIGN(const PlanReport report, make_plan_report(session, resolved));
  log_note(size_line(report));
  PANNIER_ASSIGN(const FetchResult fetched, session.fetch(resolved, args.json()));
  if (!command.no_load_test) PANNIER_TRY(try_loads(session, resolved, fetched));
  std::vector<PackSource> sources;
  for (const Snapshot& snapshot : resolved.folder_snapshots()) sources.push_back(folder_source(snapshot));
  for (const std::vector<FetchedSnapshot>* list : {&fetched.snapshots, &fetched.wheelhouses}) {
    for (const FetchedSnapshot& item : *list) {
      PackSource source;
      source.stored = item.reference;
      sources.push_back(std::move(source));
    }
  }
  command.pack.store = &session.store();
  return finish(args, command, sources, resolved, &fetched);
}

Result<LockFile> read_lock_file(const std::string& path) {
  PANNIER_ASSIGN(const std::string text, read_small_file(real_file_system(), path, limits::kTomlBytesMax));
  return parse_lock_file(text, path);
}

// Refused before hours of fetching.
Status check_output(const PackOptions& options) {
  if (options.dry_run || options.overwrite) return {};
  if (!real_file_system().stat(options.output).ok()) return {};
  return Error{ErrorKind::kInvalid, options.output + " exists",
               "choose another name, or replace it with --force"};
}

Result<int> run_pack(Args& args, std::span<const std::string> words) {
  PackCommand command;
  command.declare(args);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  const int ways =
      (command.wanted.is_empty() ? 0 : 1) + (command.spec.empty() ? 0 : 1) + (command.locked.empty() ? 0 : 1);
  if (ways == 0) return args.usage_error("nothing to pack", "name a model, --spec FILE or --locked FILE");
  if (ways > 1) return args.usage_error("refs, --spec and --locked do not go together", "use one of them");
  if (command.pack.output.empty() && !command.pack.dry_run) {
    return args.usage_error("no output is given", "say -o FILE");
  }
  if (!command.locked.empty()) {
    PANNIER_TRY(check_output(command.pack));
    PANNIER_ASSIGN(const LockFile lock, read_lock_file(command.locked));
    SpecPython places;
    places.index_url = command.wanted.index_url;
    places.extra_index_urls = command.wanted.extra_index_urls;
    places.find_links = command.wanted.find_links;
    PANNIER_ASSIGN(const std::unique_ptr<Session> session, Session::open(command.connection, true));
    PANNIER_ASSIGN(const Resolved resolved, session->resolve_locked(lock, places));
    return pack_resolved(args, command, *session, resolved);
  }
  SpecFile spec;
  if (command.spec.empty()) {
    PANNIER_ASSIGN(spec, command.wanted.as_spec(args));
  } else {
    PANNIER_ASSIGN(spec, read_spec(command.spec));
  }
  const bool selects = !command.wanted.include.empty() || !command.wanted.exclude.empty() ||
                       !command.wanted.files.empty() || !command.spec.empty();
  if (only_folders(spec) && !selects) return pack_only_folders(args, command, std::move(spec));
  PANNIER_TRY(check_output(command.pack));
  PANNIER_ASSIGN(const std::unique_ptr<Session> session, Session::open(command.connection, true));
  PANNIER_ASSIGN(const Resolved resolved, session->resolve(spec));
  return pack_resolved(args, command, *session, resolved);
}

}  // namespace

extern const Command kCmdPack;
const Command kCmdPack = {
    "pack",
    "Connected side",
    "fetch what is missing and write it into one bundle that can cross the gap",
    "pack distilbert/distilbert-base-uncased-finetuned-sst-2-english -o sentiment.pannier\n"
    "pack dir:models/sst2-tiny -o sentiment.pannier\n"
    "pack org/name --pip 'transformers[torch]' --target linux-x86_64-glibc2.28-cp312 --torch cpu -o "
    "all.pannier\n"
    "pack --locked pannier.lock -o june.pannier\n"
    "pack dir:a dir:b -o both.pannier --dry-run   # what would be packed",
    "corrupt, incomplete, untrusted, stale, not found, unsupported, limit, I/O, network, denied, interrupted",
    &run_pack,
    true,
};

}  // namespace pannier
