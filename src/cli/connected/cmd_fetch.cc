// fetch: models, data sets and wheels come into the store, and nowhere else.
#include "base/bytes.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/connected/report.h"
#include "cli/connected/session.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {
namespace {

Result<int> run_fetch(Args& args, std::span<const std::string> words) {
  ConnectionOptions connection;
  WantedOptions wanted;
  bool dry_run = false;
  wanted.declare_models(args, true);
  wanted.declare_wheels(args);
  connection.declare(args);
  args.flag("--install-uv", connection.install_uv,
            "install the resolver uv into the store's folder where it is missing");
  args.flag("--dry-run", dry_run, "show what would be fetched, and fetch nothing");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (wanted.is_empty()) return args.usage_error("nothing to fetch", "name a model: org/name");
  PANNIER_ASSIGN(const SpecFile spec, wanted.as_spec(args));
  for (const SpecEntry& entry : spec.models) {
    if (takes_all_files_unless_said(entry.ref)) {
      return args.usage_error("\"" + entry.ref + "\" is a folder: there is nothing to fetch",
                              "pack takes folders: pannier pack dir:FOLDER -o FILE");
    }
  }

  PANNIER_ASSIGN(const std::unique_ptr<Session> session, Session::open(connection, true));
  PANNIER_ASSIGN(const Resolved resolved, session->resolve(spec));
  PANNIER_ASSIGN(const PlanReport report, make_plan_report(*session, resolved));
  if (!args.json()) warn_of_findings(resolved);
  if (dry_run) {
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
  log_note(size_line(report));
  PANNIER_ASSIGN(const FetchResult fetched, session->fetch(resolved, args.json()));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_fetched(json, resolved, fetched);
    json.end_object();
    print_json(json);
  } else {
    print_fetched(resolved, fetched);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdFetch;
const Command kCmdFetch = {
    "fetch",
    "Connected side",
    "get models, data sets and wheels into the store",
    "fetch distilbert/distilbert-base-uncased-finetuned-sst-2-english\n"
    "fetch org/name@v1.0 --files all --dry-run   # what would be fetched\n"
    "fetch task:sentiment-analysis datasets/org/reviews\n"
    "fetch --pip tokenizers --target linux-x86_64-glibc2.28-cp39",
    "corrupt, incomplete, untrusted, stale, not found, unsupported, limit, I/O, network, denied, interrupted",
    &run_fetch,
    true,
};

}  // namespace pannier
