// export: out of the store, for other programs: plain files, a Hub cache, a folder of wheels.
#include <filesystem>
#include <map>
#include <system_error>

#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/export_folder.h"
#include "carry/isolated/export_hf_cache.h"
#include "carry/isolated/export_wheelhouse.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/export_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct Request {
  std::vector<std::string> names;
  std::string store;
  std::string local_dir;
  std::string hf_cache;
  std::string wheelhouse;
  bool no_symlinks = false;
  bool replace = false;
  bool link = false;
  bool re_export = false;
};

// So that a later change of the store can say what is stale.
void remember(ExportKind kind, const std::string& folder, const Request& request,
              const std::vector<FoundModel>& found) {
  // A folder may hold things of several stores; each store knows its own.
  std::map<std::string, ExportRecord> of_store;
  for (const FoundModel& model : found) {
    ExportRecord& record = of_store[model.store->root()];
    record.kind = kind;
    record.folder = folder;
    record.store = model.store->root();
    record.symlinks = !request.no_symlinks;
    record.link = request.link;
    record.references.push_back({model.reference.name, model.reference.manifest_digest});
  }
  for (auto& [root, record] : of_store) {
    AuditEvent event;
    event.action = "export";
    event.medium = record.folder;
    for (const ExportedReference& reference : record.references) {
      event.refs.push_back(reference.name);
      event.digests.push_back("manifest " + reference.manifest.oci());
    }
    if (request.link) event.permissions = {"--link"};
    record_event_or_warn(root, std::move(event), {});
    remember_export(std::move(record));
  }
}

std::string summary(const std::string& folder, const ExportResult& result) {
  return for_display(folder) + ": " + counted(result.file_count, "file") + ", " + human_bytes(result.bytes) +
         (result.changed ? "" : ", as they were already");
}

// A word of a command line as a shell takes it.
std::string quoted(const std::string& word) {
  const bool is_plain = !word.empty() && word.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                             "-_./=+,:@%") == std::string::npos;
  if (is_plain) return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// ---- --local-dir ----

Result<int> export_local_dir(const Args& args, const Request& request) {
  if (request.names.size() != 1) return args.usage_error("--local-dir takes one MODEL");
  std::vector<FoundModel> all;
  {
    PANNIER_ASSIGN(FoundModel model, find_model(real_file_system(), request.store, request.names.front()));
    all.push_back(std::move(model));
  }
  const FoundModel& found = all.front();
  Progress progress("exporting");
  const ExportOptions options{request.local_dir, request.replace, progress.transfer(), request.link};
  PANNIER_ASSIGN(const ExportResult result,
                 export_ref(real_file_system(), *found.store, found.reference.name, options));
  progress.finish();
  remember(ExportKind::kLocalDir, request.local_dir, request, all);
  if (!args.json()) {
    print_line(summary(request.local_dir, result));
    return kExitOk;
  }
  JsonWriter json = json_result();
  json.begin_object()
      .member("name", found.reference.name)
      .member("folder", for_display(request.local_dir))
      .member("files", result.file_count)
      .member("bytes", result.bytes)
      .member("changed", result.changed)
      .end_object();
  print_json(json);
  return kExitOk;
}

// ---- --hf-cache ----

void print_cache_json(const std::string& folder, const std::vector<ExportedRepo>& repos) {
  JsonWriter json = json_result();
  json.begin_object().member("folder", for_display(folder)).key("repos").begin_array();
  for (const ExportedRepo& repo : repos) {
    json.begin_object().member("name", repo.name).member("repo", repo.names.repo);
    json.member("commit", repo.names.commit).member("commit_made_up", repo.names.is_commit_made_up);
    json.key("folders").begin_array().string(repo.names.folder);
    for (const std::string& alias : repo.names.aliases) json.string(alias);
    json.end_array().member("files", repo.file_count).member("bytes", repo.bytes);
    json.member("files_written", repo.files_written).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

void print_cache(const std::string& folder, const std::vector<ExportedRepo>& repos) {
  Table table;
  table.column("REPOSITORY");
  table.column("COMMIT");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("FOLDERS");
  for (const ExportedRepo& repo : repos) {
    std::string folders = repo.names.folder;
    for (const std::string& alias : repo.names.aliases) folders += ", " + alias;
    table.row({repo.names.repo, repo.names.commit + (repo.names.is_commit_made_up ? " (made up)" : ""),
               std::to_string(repo.file_count), human_bytes(repo.bytes), folders});
  }
  table.print();
  print_line("");
  print_line("Clients find it with:");
  std::error_code code;  // where it cannot be told, as it was given
  const std::filesystem::path whole = std::filesystem::absolute(folder, code);
  print_line("  export HF_HUB_CACHE=" + quoted(for_display(code ? folder : whole.string())) +
             " HF_HUB_OFFLINE=1");
}

Result<int> export_cache(const Args& args, const Request& request) {
  if (request.names.empty()) return args.usage_error("--hf-cache takes at least one MODEL");
  std::vector<FoundModel> found;
  for (const std::string& name : request.names) {
    PANNIER_ASSIGN(FoundModel model, find_model(real_file_system(), request.store, name));
    found.push_back(std::move(model));
  }
  std::vector<HfCacheSource> sources;
  sources.reserve(found.size());
  for (const FoundModel& model : found) sources.push_back({model.store.get(), model.reference});
  Progress progress("exporting");
  const HfCacheOptions options{request.hf_cache, !request.no_symlinks, request.replace, progress.transfer(),
                               request.link};
  PANNIER_ASSIGN(const std::vector<ExportedRepo> repos,
                 export_hf_cache(real_file_system(), sources, options));
  progress.finish();
  remember(ExportKind::kHfCache, request.hf_cache, request, found);
  if (args.json()) {
    print_cache_json(request.hf_cache, repos);
  } else {
    print_cache(request.hf_cache, repos);
  }
  return kExitOk;
}

// ---- --wheelhouse ----

void print_pip_lines(const std::string& folder, const ExportedWheelhouse& wheelhouse) {
  const std::string place = quoted(folder);
  std::string wanted;
  for (const std::string& requirement : wheelhouse.requirements) wanted += " " + quoted(requirement);
  print_line("");
  print_line(wheelhouse.name + ": " + counted(wheelhouse.wheel_count, "wheel") + " for " + wheelhouse.target);
  if (!wheelhouse.pip_wheel.empty()) {
    print_line("  python " + place + "/" + quoted(wheelhouse.pip_wheel) +
               "/pip install --no-index --find-links " + place + " pip   # where its pip is too old");
  }
  print_line("  pip install --no-index --find-links " + place +
             (wanted.empty() ? " PACKAGE" : for_display(wanted)));
  if (wheelhouse.requirements_file.empty()) return;
  print_line("  pip install --no-index --find-links " + place + " --require-hashes -r " + place + "/" +
             quoted(wheelhouse.requirements_file));
}

void print_wheelhouses_json(const std::string& folder, const WheelhousesExport& exported) {
  JsonWriter json = json_result();
  json.begin_object().member("folder", for_display(folder)).member("files", exported.folder.file_count);
  json.member("bytes", exported.folder.bytes).member("changed", exported.folder.changed);
  json.key("wheelhouses").begin_array();
  for (const ExportedWheelhouse& wheelhouse : exported.wheelhouses) {
    json.begin_object().member("name", wheelhouse.name).member("target", wheelhouse.target);
    json.member("wheels", wheelhouse.wheel_count).key("requirements").begin_array();
    for (const std::string& requirement : wheelhouse.requirements) json.string(requirement);
    json.end_array();
    if (!wheelhouse.requirements_file.empty()) json.member("requirements_file", wheelhouse.requirements_file);
    if (!wheelhouse.lock_file.empty()) json.member("lock_file", wheelhouse.lock_file);
    json.end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

// The wheelhouses that are named, or all of the first store that has any.
Result<std::vector<FoundModel>> find_wheelhouses(const Request& request) {
  std::vector<FoundModel> found;
  for (const std::string& name : request.names) {
    auto wheelhouse = find_model(real_file_system(), request.store, name);
    // By its target alone, as people speak of it.
    if (!wheelhouse.ok() && wheelhouse.error().kind == ErrorKind::kNotFound) {
      auto by_target = find_model(real_file_system(), request.store, "wheels/" + name);
      if (by_target.ok()) wheelhouse = std::move(by_target);
    }
    if (!wheelhouse.ok()) return std::move(wheelhouse).error();
    found.push_back(*std::move(wheelhouse));
  }
  if (!found.empty()) return found;
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(request.store));
  for (const std::string& place : places) {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), place));
    PANNIER_ASSIGN(const ImageIndex index, store->references());
    for (const Reference& reference : index.references) {
      if (reference.artifact_type != kArtifactTypeWheelhouse) continue;
      PANNIER_ASSIGN(std::unique_ptr<Store> own, Store::open(real_file_system(), place));
      found.push_back({std::move(own), reference});
    }
    if (!found.empty()) break;
  }
  return found;
}

Result<int> export_wheels(const Args& args, const Request& request) {
  PANNIER_ASSIGN(const std::vector<FoundModel> found, find_wheelhouses(request));
  std::vector<WheelhouseSource> sources;
  sources.reserve(found.size());
  for (const FoundModel& wheelhouse : found)
    sources.push_back({wheelhouse.store.get(), wheelhouse.reference});
  Progress progress("exporting");
  const ExportOptions options{request.wheelhouse, request.replace, progress.transfer(), request.link};
  PANNIER_ASSIGN(const WheelhousesExport exported, export_wheelhouses(real_file_system(), sources, options));
  progress.finish();
  remember(ExportKind::kWheelhouse, request.wheelhouse, request, found);
  if (args.json()) {
    print_wheelhouses_json(request.wheelhouse, exported);
    return kExitOk;
  }
  print_line(summary(request.wheelhouse, exported.folder));
  for (const ExportedWheelhouse& wheelhouse : exported.wheelhouses) {
    print_pip_lines(request.wheelhouse, wheelhouse);
  }
  return kExitOk;
}

// ---- --re-export ----

Result<int> export_stale(const Args& args, const Request& request) {
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(request.store));
  std::vector<StaleExport> all;
  Status outcome;
  for (const std::string& place : places) {
    PANNIER_ASSIGN(const std::vector<StaleExport> stale, stale_exports_of(place));
    all.insert(all.end(), stale.begin(), stale.end());
    if (const Status done = re_export(place, stale); !done.ok() && outcome.ok()) outcome = done;
  }
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_stale(all, json);
    json.end_object();
    print_json(json);
  } else if (all.empty()) {
    print_line("no export is stale");
  } else {
    print_stale(all, false);
  }
  if (!outcome.ok()) return outcome.error();
  return kExitOk;
}

Result<int> run_request(const Args& args, const Request& request) {
  const int targets = !request.local_dir.empty() + !request.hf_cache.empty() + !request.wheelhouse.empty();
  if (request.re_export) {
    if (targets == 0 && request.names.empty()) return export_stale(args, request);
    return args.usage_error("--re-export takes neither names nor a target: it knows them");
  }
  if (targets != 1) {
    return args.usage_error(targets == 0 ? "no target is given" : "more than one target is given",
                            "say --local-dir, --hf-cache or --wheelhouse, and the FOLDER");
  }
  if (request.no_symlinks && request.hf_cache.empty()) {
    return args.usage_error("--no-symlinks belongs to --hf-cache");
  }
  if (request.link) {
    log_warning("--link: the exported files are the store's own; whoever edits one damages the store");
  }
  if (!request.local_dir.empty()) return export_local_dir(args, request);
  if (!request.hf_cache.empty()) return export_cache(args, request);
  return export_wheels(args, request);
}

Result<int> run_export(Args& args, std::span<const std::string> words) {
  Request request;
  args.positionals("NAME", request.names, "names that `list` shows, or other names of the same", false);
  args.option("--local-dir", "FOLDER", request.local_dir,
              "plain files, as `hf download --local-dir` lays them out");
  args.option("--hf-cache", "FOLDER", request.hf_cache,
              "a cache of the Hub, from which its clients load by name");
  args.option("--wheelhouse", "FOLDER", request.wheelhouse,
              "wheels for `pip --find-links`; all wheelhouses where none is named");
  args.flag("--no-symlinks", request.no_symlinks,
            "with --hf-cache: files in the snapshots, not links to blobs");
  args.flag("--link", request.link,
            "hard links to the store's own files where possible: whoever edits one edits the store");
  args.flag("--re-export", request.re_export, "do again every export that shows other versions by now");
  args.option("--store", "FOLDER", request.store, kStoreOptionHelp);
  args.flag("--force", request.replace, "replace files of an earlier export that differ");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  return run_request(args, request);
}

}  // namespace

extern const Command kCmdExport;
const Command kCmdExport = {
    "export",
    "Isolated side",
    "copy out of the store, for transformers, pip and other programs",
    "export sst2-tiny --local-dir ./sst2-tiny\n"
    "export org/model datasets/org/reviews --hf-cache ~/.cache/huggingface/hub\n"
    "export --wheelhouse ./wheels\n"
    "export --re-export   # after an install or a rollback",
    "corrupt, not found, I/O, interrupted",
    &run_export,
};

}  // namespace pannier
