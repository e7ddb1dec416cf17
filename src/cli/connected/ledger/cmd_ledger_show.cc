// ledger show: the channels, or the bundles of one of them.
#include "base/environment.h"
#include "carry/connected/ledger.h"
#include "cli/args.h"
#include "cli/connected/ledger/ledger_place.h"
#include "cli/exit_codes.h"
#include "cli/output.h"

namespace pannier {
namespace {

std::string numbers_of(const std::vector<uint64_t>& numbers) {
  std::string text;
  for (const uint64_t number : numbers) text += (text.empty() ? "" : ", ") + std::to_string(number);
  return text;
}

std::string names_of(const std::vector<LedgerModel>& models) {
  constexpr size_t kShownMax = 3;
  std::string text;
  for (size_t i = 0; i < models.size() && i < kShownMax; ++i) text += (i == 0 ? "" : ", ") + models[i].name;
  if (models.size() > kShownMax) text += " and " + std::to_string(models.size() - kShownMax) + " more";
  return text;
}

uint64_t count_in(const ChannelLedger& channel, LedgerState state) {
  uint64_t count = 0;
  for (const LedgerEntry& entry : channel.entries) count += entry.state == state ? 1 : 0;
  return count;
}

constexpr LedgerState kStates[] = {LedgerState::kSent, LedgerState::kApproved, LedgerState::kConfirmed,
                                   LedgerState::kDropped};

Status show_channels(const Ledger& ledger, bool as_json) {
  PANNIER_ASSIGN(const std::vector<std::string> names, ledger.channels());
  Table table;
  table.column("CHANNEL");
  for (const char* heading : {"NEXT", "SENT", "APPROVED", "CONFIRMED", "DROPPED"}) {
    table.column(heading, Table::kRight);
  }
  JsonWriter json = json_result();
  json.begin_array();
  for (const std::string& name : names) {
    PANNIER_ASSIGN(const ChannelLedger channel, ledger.read(name));
    std::vector<std::string> row = {name, std::to_string(channel.next)};
    json.begin_object().member("channel", name).member("next", channel.next);
    for (const LedgerState state : kStates) {
      const uint64_t count = count_in(channel, state);
      row.push_back(std::to_string(count));
      json.member(ledger_state_name(state), count);
    }
    json.end_object();
    table.row(std::move(row));
  }
  json.end_array();
  if (as_json) {
    print_json(json);
  } else {
    table.print();
  }
  return {};
}

void write_entry(const LedgerEntry& entry, JsonWriter& json) {
  json.begin_object().member("sequence", entry.sequence).member("state", ledger_state_name(entry.state));
  json.member("time", entry.time).member("statement", entry.statement.oci());
  json.member("payload_digest", entry.payload.oci()).key("built_on").begin_array();
  for (const uint64_t number : entry.built_on) json.unsigned_integer(number);
  json.end_array().key("models").begin_array();
  for (const LedgerModel& model : entry.models) {
    json.begin_object().member("name", model.name).member("manifest", model.manifest.oci()).end_object();
  }
  json.end_array().end_object();
}

Status show_channel(const Ledger& ledger, const std::string& name, bool as_json) {
  PANNIER_ASSIGN(const ChannelLedger channel, ledger.read(name));
  if (channel.next == 1) {
    return Error{ErrorKind::kNotFound, "nothing was sent on channel " + name,
                 "`ledger show` lists the channels"};
  }
  Table table;
  table.column("N", Table::kRight);
  for (const char* heading : {"STATE", "PACKED", "WHAT", "BUILDS ON", "PAYLOAD"}) table.column(heading);
  JsonWriter json = json_result();
  json.begin_object().member("channel", name).member("next", channel.next).key("bundles").begin_array();
  for (const LedgerEntry& entry : channel.entries) {
    table.row({std::to_string(entry.sequence), std::string(ledger_state_name(entry.state)), entry.time,
               names_of(entry.models), numbers_of(entry.built_on), entry.payload.hex().substr(0, 12)});
    write_entry(entry, json);
  }
  json.end_array().end_object();
  if (as_json) {
    print_json(json);
  } else {
    table.print();
  }
  return {};
}

Result<int> run_show(Args& args, std::span<const std::string> words) {
  std::string channel;
  args.positional("CHANNEL", channel, "the bundles of this one; none: all channels", false);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const Ledger ledger, user_ledger());
  PANNIER_TRY(channel.empty() ? show_channels(ledger, args.json())
                              : show_channel(ledger, channel, args.json()));
  return kExitOk;
}

}  // namespace

extern const Command kCmdLedgerShow;
const Command kCmdLedgerShow = {
    "ledger show",
    "Connected side",
    "the channels, or what was sent on one",
    "ledger show\nledger show plant-7 --json",
    "corrupt, not found, I/O",
    &run_show,
};

}  // namespace pannier
