// The steps of the connected side, in the order of the work.
#include "cli/connected/session.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/display.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/read_pieces.h"
#include "carry/connected/hub/hub_settings.h"
#include "carry/connected/lock.h"
#include "carry/connected/wheels/models_against_wheels.h"
#include "carry/connected/wheels/pypi_snapshot.h"
#include "cli/connected/fetch_display.h"
#include "cli/interrupt.h"
#include "cli/store_location.h"
#include "net/client/http_client.h"

namespace pannier {
namespace {

constexpr uint32_t kConnectionsMax = 64;

PlanEntry plan_entry(const SpecEntry& entry, ModelRef ref) {
  PlanEntry result;
  result.ref = std::move(ref);
  result.name = entry.name;
  result.selection.choice = entry.all_files ? FileChoice::kAll : FileChoice::kNeeded;
  result.selection.include = entry.include;
  result.selection.exclude = entry.exclude;
  return result;
}

Result<std::vector<PlanEntry>> plan_entries(FileSystem& fs, const SpecFile& spec) {
  std::vector<PlanEntry> entries;
  const auto add = [&](const SpecEntry& entry) -> Status {
    const bool exists = fs.stat(entry.ref).ok();
    PANNIER_ASSIGN(ModelRef ref, parse_model_ref(entry.ref, exists));
    if (ref.kind == RefKind::kFolder && !entry.ref.starts_with("dir:")) {
      log_note("\"" + entry.ref + "\" is a path here: taken as dir:" + entry.ref);
    }
    entries.push_back(plan_entry(entry, std::move(ref)));
    return {};
  };
  for (const SpecEntry& entry : spec.models) PANNIER_TRY(add(entry));
  for (const SpecEntry& entry : spec.datasets) PANNIER_TRY(add(entry));
  return entries;
}

Result<Digest> hash_file(FileSystem& fs, const std::string& path) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> input, fs.open(path));
  Sha256 sha;
  PANNIER_TRY(read_pieces(*input, [&](ByteSpan piece) -> Status {
    if (interrupt_flag()->load()) return Error{ErrorKind::kInterrupted, "stopped as asked", ""};
    sha.update(piece);
    return {};
  }));
  return sha.finish();
}

// Reads one of a few answers from a person; empty where there is nobody to ask.
std::string ask(const std::string& question) {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) return "";
  std::fprintf(stderr, "%s ", question.c_str());
  std::fflush(stderr);
  char line[128];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return "";
  std::string answer(line);
  while (!answer.empty() && (answer.back() == '\n' || answer.back() == ' ')) answer.pop_back();
  return answer;
}

// The torch build that a person chose; kInvalid where nobody can be asked.
Result<std::string> choose_torch(const std::vector<TorchQuestion>& questions) {
  std::string text;
  for (const TorchQuestion& question : questions) text += question.text() + "\n";
  const std::vector<std::string>& choices = questions.front().choices;
  std::string names;
  for (const std::string& choice : choices) names += (names.empty() ? "" : ", ") + choice;
  std::fprintf(stderr, "%s", text.c_str());
  std::string answer = ask(fmt::format("which torch build ({}; Enter for {})?", names, choices.front()));
  if (answer.empty() && ::isatty(STDIN_FILENO) == 1) answer = choices.front();
  if (std::find(choices.begin(), choices.end(), answer) != choices.end()) return answer;
  return Error{ErrorKind::kInvalid, "torch comes in several builds, and none was chosen",
               "say --torch " + choices.front() + " (choices: " + names + ")"};
}

WheelRequest wheel_request(const SpecPython& python, std::vector<PythonTarget> targets) {
  WheelRequest request;
  request.requirements = python.requirements;
  request.requirement_files = python.requirements_files;
  request.targets = std::move(targets);
  request.torch = python.torch;
  request.build_sdists = python.build_sdists;
  return request;
}

}  // namespace

std::vector<Snapshot> Resolved::fetched_snapshots() const {
  std::vector<Snapshot> result;
  for (const Snapshot& snapshot : plan.snapshots) {
    if (snapshot.ref.kind != RefKind::kFolder) result.push_back(snapshot);
  }
  return result;
}

std::vector<Snapshot> Resolved::folder_snapshots() const {
  std::vector<Snapshot> result;
  for (const Snapshot& snapshot : plan.snapshots) {
    if (snapshot.ref.kind == RefKind::kFolder) result.push_back(snapshot);
  }
  return result;
}

bool Resolved::has_errors() const {
  return std::any_of(plan.findings.begin(), plan.findings.end(), [](const PlanFinding& finding) {
    return finding.severity == PlanFinding::Severity::kError && !finding.taken_along;
  });
}

Result<std::unique_ptr<Session>> Session::open(const ConnectionOptions& options, bool with_store) {
  std::unique_ptr<Session> session(new Session(real_file_system()));
  session->options_ = options;
  if (options.connections && (*options.connections == 0 || *options.connections > kConnectionsMax)) {
    return Error{ErrorKind::kInvalid, fmt::format("--connections is {}", *options.connections),
                 fmt::format("1 to {}", kConnectionsMax)};
  }
  HttpClientOptions http;
  http.ca_bundle = options.ca_bundle;
  http.cancel = interrupt_flag();
  read_proxy_environment(http);
  PANNIER_ASSIGN(session->client_, make_http_client(std::move(http)));
  if (with_store) {
    PANNIER_ASSIGN(const std::string root, store_to_write(options.store));
    PANNIER_ASSIGN(session->store_, Store::open_or_create(session->fs_, root));
    session->downloads_folder_ = root + "/pannier/downloads";
    session->work_folder_ = root + "/pannier/wheels";
  }

  ResolveOptions resolve;
  const Environment environment = process_environment();
  resolve.hub.endpoint = hub_endpoint(options.hub_url, environment);
  PANNIER_ASSIGN(resolve.hub.token, read_hub_token(session->fs_, options.hub_token_file, environment));
  resolve.hub.retry.cancel = interrupt_flag();
  Session* self = session.get();
  resolve.pypi = [self](const ModelRef& ref) { return self->resolve_pypi(ref); };
  PANNIER_ASSIGN(session->resolver_,
                 SnapshotResolver::make(session->fs_, *session->client_, std::move(resolve)));
  session->hub_headers_ = session->resolver_->hub().headers();
  return session;
}

DownloadOptions Session::download_options() const {
  DownloadOptions download;
  download.folder = downloads_folder_;
  if (options_.connections) download.connections_max = *options_.connections;
  download.cancel = interrupt_flag();
  download.retry.cancel = interrupt_flag();
  return download;
}

Result<WheelTools*> Session::wheel_tools() {
  if (tools_) return tools_.get();
  const std::string cache = work_folder_ + "/uv";
  PANNIER_TRY(fs_.make_folders(work_folder_));
  const Environment environment = process_environment();
  Result<Uv> uv = find_uv(fs_, environment, cache, interrupt_flag());
  if (!uv.ok() && options_.install_uv) uv = install_uv(fs_, cache, interrupt_flag());
  if (!uv.ok()) return std::move(uv).error();
  IndexOptions index;
  index.index_url = python_.index_url;
  index.extra_index_urls = python_.extra_index_urls;
  index.find_links = python_.find_links;
  index.constraint_files = python_.constraints;
  PANNIER_ASSIGN(IndexConfig config, read_index_config(fs_, environment, index, &*uv, work_folder_));
  tools_ = std::make_unique<WheelTools>(
      WheelTools{fs_, *client_, *uv, std::move(config), work_folder_, {}, interrupt_flag()});
  tools_->retry.cancel = interrupt_flag();
  return tools_.get();
}

Result<Snapshot> Session::resolve_pypi(const ModelRef& ref) {
  const Environment environment = process_environment();
  PANNIER_TRY(fs_.make_folders(work_folder_));
  const Result<Uv> uv = find_uv(fs_, environment, work_folder_ + "/uv", interrupt_flag());
  PypiOptions options;
  PANNIER_ASSIGN(options.index,
                 read_index_config(fs_, environment, {}, uv.ok() ? &uv.value() : nullptr, work_folder_));
  options.folder = work_folder_ + "/packages";
  options.download = download_options();
  FetchDisplay display("fetching", display_kind(false));
  options.download.events = display.events();
  return pypi_snapshot(fs_, *client_, ref, options);
}

Status Session::plan_wheelhouses(const SpecPython& python, Resolved& resolved) {
  std::vector<PythonTarget> targets;
  for (const std::string& text : python.targets) {
    PANNIER_ASSIGN(const PythonTarget target, PythonTarget::parse(text));
    targets.push_back(target);
  }
  PANNIER_ASSIGN(WheelTools* const tools, wheel_tools());
  WheelRequest request = wheel_request(python, std::move(targets));
  PANNIER_ASSIGN(WheelPlan plan, plan_wheels(*tools, request));
  if (!plan.torch_questions.empty()) {
    PANNIER_ASSIGN(request.torch, choose_torch(plan.torch_questions));
    PANNIER_ASSIGN(plan, plan_wheels(*tools, request));
  }
  for (const std::string& note : plan.notes) log_note(note);
  for (const TargetPlan& target : plan.targets) {
    resolved.wheelhouses.push_back(target.locked());
    for (const std::string& warning : target.warnings) {
      resolved.warnings.push_back(target.target.text() + ": " + warning);
    }
  }
  resolved.local_wheels = local_wheels_of(plan);
  return {};
}

Result<Resolved> Session::resolve(const SpecFile& spec) {
  Resolved resolved;
  python_ = spec.python;
  PANNIER_ASSIGN(const std::vector<PlanEntry> entries, plan_entries(fs_, spec));
  if (!entries.empty()) {
    PANNIER_ASSIGN(resolved.plan, make_plan(*resolver_, entries, {spec.closure}));
  }
  if (spec.python.asks_for_wheels()) PANNIER_TRY(plan_wheelhouses(spec.python, resolved));
  std::vector<ModelFacts> facts;
  for (const Snapshot& snapshot : resolved.plan.snapshots) {
    if (resolved.wheelhouses.empty()) break;
    const auto text_of = [&](const char* path) -> Result<std::string> {
      const SnapshotFile* file = snapshot.find(path);
      return file == nullptr ? Result<std::string>(std::string())
                             : resolver_->read(snapshot, *file, limits::kHubSmallFileBytesMax);
    };
    PANNIER_ASSIGN(const std::string tokenizer, text_of("tokenizer_config.json"));
    PANNIER_ASSIGN(const std::string config, text_of("config.json"));
    PANNIER_ASSIGN(ModelFacts fact, read_model_facts(snapshot.name, tokenizer, config));
    facts.push_back(std::move(fact));
  }
  for (std::string& warning : check_models_against_wheels(facts, resolved.wheelhouses)) {
    resolved.warnings.push_back(std::move(warning));
  }
  return resolved;
}

Result<Resolved> Session::resolve_locked(const LockFile& lock, const SpecPython& python) {
  Resolved resolved;
  python_ = python;
  for (const LockedSnapshot& locked : lock.snapshots) {
    if (locked.source == "hub") {
      resolved.plan.snapshots.push_back(snapshot_of_lock(locked, endpoint()));
      continue;
    }
    PANNIER_ASSIGN(const ModelRef ref, parse_model_ref(locked.ref, fs_.stat(locked.ref).ok()));
    PANNIER_ASSIGN(Snapshot now, resolver_->resolve(ref));
    // What the lock left out, stays left out.
    std::erase_if(now.files, [&](const SnapshotFile& file) {
      return std::none_of(locked.files.begin(), locked.files.end(),
                          [&](const LockedFile& other) { return other.path == file.path; });
    });
    std::vector<Snapshot> one{std::move(now)};
    PANNIER_TRY(hash_folders(one));
    PANNIER_TRY(check_still_locked(locked, one[0]));
    one[0].name = locked.name;
    one[0].aliases = locked.aliases;
    one[0].needed_by = locked.needed_by;
    resolved.plan.snapshots.push_back(std::move(one[0]));
  }
  resolved.wheelhouses = lock.wheelhouses;
  for (const LockedWheelhouse& wheelhouse : lock.wheelhouses) {
    for (const std::string& note : wheelhouse.notes) {
      resolved.warnings.push_back(wheelhouse.target + ": " + note);
    }
  }
  return resolved;
}

Status Session::hash_folders(std::vector<Snapshot>& snapshots) const {
  for (Snapshot& snapshot : snapshots) {
    for (SnapshotFile& file : snapshot.files) {
      if (file.id.sha256 || file.id.git_blob || file.local_path.empty()) continue;
      PANNIER_ASSIGN(file.id.sha256, hash_file(fs_, file.local_path));
    }
  }
  return {};
}

Result<FetchResult> Session::fetch(const Resolved& resolved, bool json) {
  FetchDisplay display("fetching", display_kind(json));
  std::vector<Wheelhouse> wheelhouses;
  DownloadTotals wheel_totals;
  if (!resolved.wheelhouses.empty()) {
    PANNIER_ASSIGN(WheelTools* const tools, wheel_tools());
    WheelFetchOptions options;
    options.folder = work_folder_ + "/held";
    options.download = download_options();
    options.download.events = display.events();
    options.local_wheels = resolved.local_wheels;
    PANNIER_ASSIGN(WheelFetch fetched, fetch_wheelhouses(*tools, resolved.wheelhouses, options));
    for (const Wheelhouse& wheelhouse : fetched.wheelhouses) {
      for (const std::string& warning : wheelhouse.warnings) log_warning(wheelhouse.name + ": " + warning);
    }
    wheelhouses = std::move(fetched.wheelhouses);
    wheel_totals = fetched.totals;
  }
  FetchOptions options;
  options.downloads_folder = downloads_folder_;
  options.headers = hub_headers_;
  options.download = download_options();
  options.download.events = display.events();
  PANNIER_ASSIGN(FetchResult result, fetch_into_store(fs_, *client_, *store_, resolved.fetched_snapshots(),
                                                      wheelhouses, options));
  display.finish();
  result.totals.bytes_fetched += wheel_totals.bytes_fetched;
  result.totals.bytes_resumed += wheel_totals.bytes_resumed;
  result.totals.retries += wheel_totals.retries;
  return result;
}

Result<std::vector<HeldFile>> Session::held(const Snapshot& snapshot) const {
  return held_files(fs_, *store_, snapshot, downloads_folder_);
}

}  // namespace pannier
