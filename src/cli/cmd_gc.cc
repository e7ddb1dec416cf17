// gc: takes out of the store what no kept generation names.
#include <ctime>
#include <optional>

#include "base/bytes.h"
#include "base/display.h"
#include "base/environment.h"
#include "carry/isolated/export_records.h"
#include "carry/store/collect.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/export_report.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/store_event.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

constexpr uint64_t kGraceDaysMax = 36'500;

// "1d", "12h", "30m", "90s", "0".
std::optional<uint64_t> parse_grace(const std::string& text) {
  if (text.empty() || text.size() > 8) return std::nullopt;
  uint64_t unit = 1;
  std::string digits = text;
  switch (text.back()) {
    case 'd':
      unit *= 24;
      [[fallthrough]];
    case 'h':
      unit *= 60;
      [[fallthrough]];
    case 'm':
      unit *= 60;
      [[fallthrough]];
    case 's':
      digits.pop_back();
      break;
    default:
      if (text != "0") return std::nullopt;
  }
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  const uint64_t seconds = std::stoull(digits) * unit;
  if (seconds > kGraceDaysMax * 86'400) return std::nullopt;
  return seconds;
}

struct Outcome {
  CollectResult collected;
  uint64_t dead_exports = 0;
};

void print_machine(const std::string& store, const CollectOptions& options, const Outcome& outcome) {
  const CollectResult& collected = outcome.collected;
  JsonWriter json = json_result();
  json.begin_object().member("store", for_display(store)).member("dry_run", options.dry_run);
  json.member("bytes", collected.bytes());
  json.member("blobs", collected.blob_count).member("blob_bytes", collected.blob_bytes);
  json.key("generations").begin_array();
  for (const uint64_t number : collected.generations) json.unsigned_integer(number);
  json.end_array().member("generations_left", collected.generations_left);
  json.member("young_blobs", collected.young_count).member("young_bytes", collected.young_bytes);
  json.member("downloads", collected.download_count).member("download_bytes", collected.download_bytes);
  json.member("quarantined", collected.quarantine_count);
  json.member("quarantined_bytes", collected.quarantine_bytes);
  json.member("dead_writers", collected.dead_writers).member("dead_exports", outcome.dead_exports);
  json.member("receipts", collected.receipts).end_object();
  print_json(json);
}

void print_people(const std::string& store, const CollectOptions& options, const Outcome& outcome) {
  const CollectResult& collected = outcome.collected;
  Table table;
  table.column("WHAT");
  table.column(options.dry_run ? "WOULD GO" : "REMOVED", Table::kRight);
  table.column("SIZE", Table::kRight);
  bool has_rows = false;
  const auto row = [&](const char* what, uint64_t count, const std::string& size) {
    if (count == 0) return;
    table.row({what, std::to_string(count), size});
    has_rows = true;
  };
  row("blobs", collected.blob_count, human_bytes(collected.blob_bytes));
  row("old generations", collected.generations.size(), "");
  row("files of abandoned downloads", collected.download_count, human_bytes(collected.download_bytes));
  row("quarantined blobs", collected.quarantine_count, human_bytes(collected.quarantine_bytes));
  row("folders of dead writers", collected.dead_writers, "");
  row("folders of dead exports", outcome.dead_exports, "");
  row("old receipts", collected.receipts, "");
  if (has_rows) {
    table.print();
    print_line("");
  }
  print_line("in " + for_display(store) + ": " + human_bytes(collected.bytes()) +
             (options.dry_run ? " would be freed, " : " freed, ") +
             counted(collected.generations_left, "generation") + " kept");
  if (collected.young_count > 0) {
    print_line(counted(collected.young_count, "blob") + " (" + human_bytes(collected.young_bytes) +
               ") would be garbage, but is younger than the grace period");
  }
}

Result<Outcome> collect(const std::string& store, const CollectOptions& options) {
  Outcome outcome;
  PANNIER_ASSIGN(outcome.collected, collect_garbage(real_file_system(), store, options));
  PANNIER_ASSIGN(const std::vector<ExportRecord> records,
                 export_records(real_file_system(), process_environment(), whole_path(store)));
  PANNIER_ASSIGN(
      outcome.dead_exports,
      sweep_dead_exports(real_file_system(), records,
                         options.now_seconds - static_cast<int64_t>(options.grace_seconds), options.dry_run));
  return outcome;
}

Result<int> run_gc(Args& args, std::span<const std::string> words) {
  std::string store_option;
  std::string grace = "1d";
  std::optional<uint32_t> generations;
  std::optional<uint32_t> receipts;
  CollectOptions options;
  args.option("--keep", "N", generations, "generations to keep beside those of the grace period; else 3");
  args.option("--grace", "TIME", grace,
              "what was written or in force less than this long ago stays: 1d, 12h, 30m, 0; else 1d");
  args.option("--receipts", "N", receipts, "newest receipts whose blobs stay, for deltas; else 8");
  args.flag("--dry-run", options.dry_run, "say what would go, remove nothing");
  args.option("--store", "FOLDER", store_option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  const auto seconds = parse_grace(grace);
  if (!seconds) return args.usage_error("\"" + grace + "\" is no time", "say 1d, 12h, 30m, 90s or 0");
  if (generations && *generations == 0) {
    return args.usage_error("the newest generation always stays", "say --keep 1 or more");
  }
  options.grace_seconds = *seconds;
  options.generations_kept = generations.value_or(static_cast<uint32_t>(options.generations_kept));
  options.receipts_kept = receipts.value_or(static_cast<uint32_t>(options.receipts_kept));
  options.now_seconds = std::time(nullptr);
  options.cancel = interrupt_flag();
  PANNIER_ASSIGN(const std::string store, store_to_change(store_option));
  if (!options.dry_run) PANNIER_TRY(check_store_writable(store));
  const auto outcome = collect(store, options);
  if (!options.dry_run) {
    AuditEvent event;
    event.action = "gc";
    if (outcome.ok()) event.detail = human_bytes(outcome->collected.bytes()) + " freed";
    PANNIER_TRY(record_store_event(store, std::move(event), outcome.ok() ? Status() : outcome.error()));
  }
  if (!outcome.ok()) return outcome.error();
  if (args.json()) {
    print_machine(store, options, *outcome);
  } else {
    print_people(store, options, *outcome);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdGc;
const Command kCmdGc = {
    "gc",
    "Isolated side",
    "free the room of what the store no longer needs",
    "gc --dry-run\n"
    "gc\n"
    "gc --keep 1 --grace 0   # as much as can be, while nobody reads",
    "corrupt, incomplete, not found, I/O, interrupted",
    &run_gc,
};

}  // namespace pannier
