// log verify: is the audit log as it was written, and does it still have all that a receipt saw?
#include "base/display.h"
#include "base/fs.h"
#include "base/limits.h"
#include "carry/audit/audit_reader.h"
#include "carry/store/receipts.h"
#include "carry/store/store.h"
#include "cli/args.h"
#include "cli/audit/log_place.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {
namespace {

// What the receipt saw; kInvalid where it is another store's.
Result<AuditHead> head_of_receipt(const std::string& path, const LogPlace& place) {
  FileSystem& fs = real_file_system();
  PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kReceiptBytesMax));
  PANNIER_ASSIGN(const SignedReceipt read, parse_receipt(contents, path));
  if (place.store.empty()) {
    return Error{ErrorKind::kInvalid, "a receipt tells of the log of a store, and this is your own",
                 "say --store"};
  }
  PANNIER_ASSIGN(const std::string identity, store_identity(fs, place.store));
  if (identity != read.receipt.store_id) {
    return Error{ErrorKind::kInvalid,
                 for_display(path) + " is the receipt of another store (" + read.receipt.store_id + ", not " +
                     identity + ")",
                 "say which store with --store"};
  }
  return AuditHead{read.receipt.log_count, read.receipt.log_digest};
}

Status add_generations(const LogPlace& place, AuditReport& report) {
  if (place.store.empty()) return {};
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), place.store));
  PANNIER_ASSIGN(const std::vector<uint64_t> generations, store->generations());
  compare_generations(generations, report);
  return {};
}

void print_report(const LogPlace& place, const AuditReport& report, bool has_receipt) {
  for (const AuditFinding& finding : report.findings) {
    print_line((finding.is_note ? "note:   " : "damage: ") + finding.message + " (byte " +
               std::to_string(finding.offset) + ")");
  }
  const uint64_t more = report.damage_count + report.note_count - report.findings.size();
  if (more > 0) print_line("and " + std::to_string(more) + " more");
  const std::string head = counted(report.head.count, "line") +
                           (report.head.count == 0 ? "" : ", the last of them " + report.head.digest.oci());
  print_line(for_display(place.path) + ": " + head);
  if (report.damage_count > 0) {
    print_line("The log is not as it was written.");
  } else if (has_receipt) {
    print_line("Every line fits the one before it, and the log has all that the receipt saw.");
  } else {
    print_line(
        "Every line fits the one before it. Whether its end was cut off shows against a receipt only.");
  }
}

void print_report_json(const LogPlace& place, const AuditReport& report, bool has_receipt) {
  JsonWriter json = json_result();
  json.begin_object().member("log", for_display(place.path)).member("whole", report.damage_count == 0);
  json.member("lines", report.head.count).member("head", report.head.digest.oci());
  json.member("compared_with_receipt", has_receipt);
  json.member("damage", report.damage_count).member("notes", report.note_count);
  json.key("findings").begin_array();
  for (const AuditFinding& finding : report.findings) {
    json.begin_object().member("kind", finding.is_note ? "note" : "damage");
    json.member("offset", finding.offset).member("message", finding.message).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

Result<int> run_log_verify(Args& args, std::span<const std::string> words) {
  std::string store;
  std::string receipt;
  bool own = false;
  args.option("--receipt", "FILE", receipt,
              "a receipt of this store: its log must still have all that it saw");
  declare_log_place(store, own, args);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const LogPlace place, find_log(store, own));
  std::optional<AuditHead> seen;
  if (!receipt.empty()) {
    PANNIER_ASSIGN(seen, head_of_receipt(receipt, place));
  }
  const auto visit = [](const AuditLine&) { return Status{}; };
  PANNIER_ASSIGN(AuditReport report, read_audit_log(real_file_system(), place.path, visit, seen));
  PANNIER_TRY(add_generations(place, report));
  if (args.json()) {
    print_report_json(place, report, seen.has_value());
  } else {
    print_report(place, report, seen.has_value());
  }
  return report.damage_count == 0 ? kExitOk : exit_code_of(ErrorKind::kCorrupt);
}

}  // namespace

extern const Command kCmdLogVerify;
const Command kCmdLogVerify = {
    "log verify",
    "Either side",
    "check that no line of the audit log was changed, removed or put in",
    "log verify\n"
    "log verify --receipt plant-7.receipt   # nor cut off at its end",
    "corrupt, not found, I/O",
    &run_log_verify,
};

}  // namespace pannier
