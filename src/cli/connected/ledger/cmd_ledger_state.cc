// ledger approve, confirm, drop: what became of a bundle, as a person says it.
#include "base/display.h"
#include "base/environment.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/connected/ledger/ledger_place.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/packing_options.h"
#include "cli/store_event.h"

namespace pannier {

Result<Ledger> user_ledger() {
  std::string folder = ledger_folder(process_environment());
  if (!folder.empty()) return Ledger(real_file_system(), std::move(folder));
  return Error{ErrorKind::kInvalid,
               "there is no place for a ledger: neither PANNIER_HOME, XDG_STATE_HOME nor HOME is set",
               "set PANNIER_HOME to a folder that you may write"};
}

namespace {

void record(const std::string& channel, uint64_t number, LedgerState state) {
  AuditEvent event;
  event.action = "ledger";
  event.detail =
      "number " + std::to_string(number) + " of " + channel + ": " + std::string(ledger_state_name(state));
  record_event_or_warn("", std::move(event), {});
}

void warn_of_builders(uint64_t number, const std::vector<uint64_t>& builders) {
  for (const uint64_t builder : builders) {
    log_warning("number " + std::to_string(builder) + " builds on number " + std::to_string(number) +
                " and cannot be installed without it: drop it too, and pack it again");
  }
}

Result<int> run_state(Args& args, std::span<const std::string> words, LedgerState state) {
  std::string channel;
  std::string text;
  args.positional("CHANNEL", channel, "as `ledger show` lists them", true);
  args.positional("N", text, "the number of the bundle in its channel", true);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  const auto number = parse_sequence(text);
  if (!number) return args.usage_error("\"" + for_message(text) + "\" is no number of a bundle");
  PANNIER_ASSIGN(Ledger ledger, user_ledger());
  PANNIER_ASSIGN(const std::vector<uint64_t> builders, ledger.set_state(channel, *number, state));
  record(channel, *number, state);
  if (state == LedgerState::kDropped) warn_of_builders(*number, builders);
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("channel", channel).member("sequence", *number);
    json.member("state", ledger_state_name(state)).key("built_on_it").begin_array();
    for (const uint64_t builder : builders) json.unsigned_integer(builder);
    json.end_array().end_object();
    print_json(json);
  } else {
    print_line("number " + std::to_string(*number) + " of " + channel + ": " +
               std::string(ledger_state_name(state)));
  }
  return kExitOk;
}

Result<int> run_approve(Args& args, std::span<const std::string> words) {
  return run_state(args, words, LedgerState::kApproved);
}
Result<int> run_confirm(Args& args, std::span<const std::string> words) {
  return run_state(args, words, LedgerState::kConfirmed);
}
Result<int> run_drop(Args& args, std::span<const std::string> words) {
  return run_state(args, words, LedgerState::kDropped);
}

}  // namespace

extern const Command kCmdLedgerApprove;
extern const Command kCmdLedgerConfirm;
extern const Command kCmdLedgerDrop;

const Command kCmdLedgerApprove = {
    "ledger approve",
    "Connected side",
    "a reviewer on the way let the bundle pass",
    "ledger approve plant-7 12",
    "corrupt, not found, I/O",
    &run_approve,
};
const Command kCmdLedgerConfirm = {
    "ledger confirm",
    "Connected side",
    "the bundle was installed on the far side: deltas may build on it",
    "ledger confirm plant-7 12",
    "corrupt, not found, I/O",
    &run_confirm,
};
const Command kCmdLedgerDrop = {
    "ledger drop",
    "Connected side",
    "the bundle was rejected or lost: nothing may build on it",
    "ledger drop plant-7 12",
    "corrupt, not found, I/O",
    &run_drop,
};

}  // namespace pannier
