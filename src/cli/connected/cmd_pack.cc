// pack: models, data sets and wheels become one bundle; what is missing is fetched first.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/display.h"
#include "base/environment.h"
#include "base/limits.h"
#include "base/log.h"
#include "carry/connected/delta_source.h"
#include "carry/connected/ledger.h"
#include "carry/connected/pack.h"
#include "cli/args.h"
#include "cli/connected/load_trial.h"
#include "cli/connected/report.h"
#include "cli/connected/session.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/packing_options.h"
#include "cli/packing_report.h"
#include "cli/progress.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct PackCommand {
  ConnectionOptions connection;
  WantedOptions wanted;
  PackingOptions packing;
  DeltaRequest delta;
  const Store* store = nullptr;  // where a source is stored, and bases are
  std::string spec;
  std::string locked;
  bool no_load_test = false;
  bool allow_incomplete = false;

  void declare(Args& args);
};

void PackCommand::declare(Args& args) {
  args.option("--spec", "FILE", spec, "pack what this pannier.toml asks for");
  args.option("--locked", "FILE", locked, "pack exactly what this pannier.lock says");
  wanted.declare_models(args, true);
  wanted.declare_wheels(args);
  args.flag("--no-load-test", no_load_test, "do not try whether the models run");
  args.flag("--allow-incomplete", allow_incomplete, "pack although something that is needed is missing");
  packing.declare(args);
  args.option("--delta-from", "RECEIPT", delta.receipts,
              "leave out what the far side's receipt lists (may be repeated: what all of them list)");
  args.option("--delta-from-ledger", "CHANNEL", delta.ledger_channel,
              "leave out what the ledger says was installed there");
  args.flag("--assume-sent", delta.assume_sent, "with it: and what was sent there, installed or not");
  args.flag("--dry-run", packing.dry_run, "show what would be fetched and packed, write nothing");
  connection.declare(args);
  args.flag("--install-uv", connection.install_uv, "install the resolver uv where it is missing");
}

// Only folders: nothing is asked of anybody, and no store is needed.
bool only_folders(const SpecFile& spec) {
  const auto is_folder = [](const SpecEntry& entry) { return takes_all_files_unless_said(entry.ref); };
  return spec.datasets.empty() && !spec.python.asks_for_wheels() &&
         std::all_of(spec.models.begin(), spec.models.end(), is_folder);
}

void write_left_out(JsonWriter& json, const PackResult& result) {
  json.key("left_out").begin_array();
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

// Of what it packs for a channel: the numbers, and what the far side has.
Status prepare_channel(const PackCommand& command, PackBundleOptions& options) {
  if (command.packing.channel.empty() || options.dry_run) return {};
  Ledger ledger(real_file_system(), ledger_folder(process_environment()));
  PANNIER_ASSIGN(options.claim.sequence,
                 ledger.reserve_sequence(command.packing.channel, command.packing.wanted_sequence()));
  return {};
}

Result<PackResult> pack_and_record(const PackCommand& command, const std::vector<PackSource>& sources,
                                   PackOptions& options) {
  FileSystem& fs = real_file_system();
  if (!options.bundle.dry_run) {
    PANNIER_TRY(check_bundle_path(fs, options.bundle.output, options.bundle.overwrite));
  }
  const Environment environment = process_environment();
  PANNIER_ASSIGN(const DeltaSource delta, open_delta(fs, environment, command.store, command.delta));
  for (const std::string& note : delta.notes) log_note(note);
  options.bundle.plan = delta.plan;
  options.bundle.claim.receipts = delta.receipts;
  PANNIER_TRY(prepare_channel(command, options.bundle));
  auto result = pack_sources(fs, sources, options);
  record_packed_in_log("pack", command.store == nullptr ? "" : command.store->root(), options.bundle,
                       result.ok() ? Result<PackedBundle>(result->bundle) : result.error());
  if (!result.ok()) return result;
  for (const std::string& remark : delta_remarks(delta)) log_note(remark);
  if (options.bundle.dry_run) return result;
  const Status recorded = record_packed(fs, environment, options.bundle.claim, result->bundle, delta);
  if (!recorded.ok()) {
    return with_context(recorded.error(), "the bundle is written, but the ledger does not know of it");
  }
  return result;
}

Status check_delta(const PackCommand& command, const Args& args) {
  const bool is_delta = !command.delta.receipts.empty() || !command.delta.ledger_channel.empty();
  if (command.delta.assume_sent && command.delta.ledger_channel.empty()) {
    return args.usage_error("--assume-sent goes with --delta-from-ledger CHANNEL");
  }
  if (is_delta && command.packing.plain) {
    return args.usage_error("--plain and a delta do not go together: it leaves contents out",
                            "use one of them");
  }
  return {};
}

// Folders need no store, but what they differ from may lie in one.
Result<std::unique_ptr<Store>> store_of_bases(const PackCommand& command) {
  if (command.delta.receipts.empty() && command.delta.ledger_channel.empty()) return std::unique_ptr<Store>();
  const auto places = stores_to_read(command.connection.store);
  if (!places.ok()) return std::unique_ptr<Store>();  // no bases, then
  return Store::open(real_file_system(), places->front());
}

Result<int> finish(const Args& args, const PackCommand& command, const std::vector<PackSource>& sources,
                   const Resolved& resolved, const FetchResult* fetched) {
  PANNIER_ASSIGN(OpenedPacking packing, open_packing(command.packing));
  warn_of_missing_claims(command.packing);
  PackOptions options;
  options.bundle = packing.options;
  options.store = command.store;
  Progress progress("packing");
  options.bundle.transfer = progress.transfer();
  PANNIER_ASSIGN(const PackResult result, pack_and_record(command, sources, options));
  progress.finish();
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_packed(json, result.bundle, options.bundle);
    write_left_out(json, result);
    if (fetched != nullptr) write_fetched(json, resolved, *fetched);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  if (fetched != nullptr && !(fetched->snapshots.empty() && fetched->wheelhouses.empty())) {
    print_fetched(resolved, *fetched);
    print_line("");
  }
  for (const LeftOut& left_out : result.left_out) {
    print_line("left out: " + for_display(left_out.path) + " (" + left_out.reason + ")");
  }
  print_packed(result.bundle, options.bundle);
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
Result<int> pack_only_folders(const Args& args, PackCommand& command, SpecFile spec) {
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
  PANNIER_ASSIGN(const std::unique_ptr<Store> bases, store_of_bases(command));
  command.store = bases.get();
  return finish(args, command, sources, {}, nullptr);
}

Result<int> pack_resolved(const Args& args, PackCommand& command, Session& session,
                          const Resolved& resolved) {
  if (!args.json()) warn_of_findings(resolved);
  if (command.packing.dry_run) return show_plan(args, session, resolved);
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
  command.store = &session.store();
  return finish(args, command, sources, resolved, &fetched);
}

Result<LockFile> read_lock_file(const std::string& path) {
  PANNIER_ASSIGN(const std::string text, read_small_file(real_file_system(), path, limits::kTomlBytesMax));
  return parse_lock_file(text, path);
}

// Refused before hours of fetching.
Status check_output(const PackingOptions& options) {
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
  PANNIER_TRY(command.packing.check(args));
  PANNIER_TRY(check_delta(command, args));
  if (!command.locked.empty()) {
    PANNIER_TRY(check_output(command.packing));
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
  PANNIER_TRY(check_output(command.packing));
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
    "pack --locked pannier.lock -o june.pannier --key alice --channel plant-7\n"
    "pack org/name -o discs.pannier --volume-size dvd --parity 10\n"
    "pack org/name@v2 -o delta.pannier --key alice --channel plant-7 --delta-from plant-7.receipt\n"
    "pack dir:a dir:b -o both.pannier --dry-run   # what would be packed",
    "corrupt, incomplete, untrusted, stale, not found, unsupported, limit, I/O, network, denied, interrupted",
    &run_pack,
    true,
};

}  // namespace pannier
