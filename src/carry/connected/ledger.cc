// Reads a channel's file, changes it under a lock, and writes it anew.
#include "carry/connected/ledger.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/limits.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

constexpr std::string_view kSuffix = ".json";

bool is_open(LedgerState state) { return state == LedgerState::kSent || state == LedgerState::kApproved; }

bool lists_all(const Receipt& receipt, const LedgerEntry& entry) {
  for (const LedgerModel& model : entry.models) {
    for (const BlobInfo& blob : model.blobs) {
      if (!holds(receipt, blob.digest)) return false;
    }
  }
  return true;
}

Error no_entry(const std::string& channel, uint64_t sequence) {
  return {ErrorKind::kNotFound, fmt::format("nothing was sent to {} under number {}", channel, sequence),
          fmt::format("`ledger show {}` lists what was", channel)};
}

void read_news(const Receipt& receipt, const ChannelState& state, ChannelLedger& ledger,
               LedgerReceiptNews& news) {
  news.channel = state.name;
  news.sequence = state.sequence;
  const LedgerEntry* at = ledger.find(state.sequence);
  news.is_another_bundle = at == nullptr || at->statement != state.statement;
  for (LedgerEntry& entry : ledger.entries) {
    if (entry.sequence > state.sequence || entry.state == LedgerState::kConfirmed) continue;
    const bool is_installed = &entry == at ? !news.is_another_bundle : lists_all(receipt, entry);
    if (!is_installed) continue;
    entry.state = LedgerState::kConfirmed;
    news.confirmed.push_back(entry.sequence);
  }
}

}  // namespace

std::string ledger_folder(const Environment& environment) { return user_state_folder(environment, "ledger"); }

std::string Ledger::path_of(const std::string& channel) const {
  return folder_ + "/" + channel + std::string(kSuffix);
}

Result<std::vector<std::string>> Ledger::channels() const {
  std::vector<std::string> names;
  const auto entries = fs_.list(folder_);
  if (!entries.ok() && entries.error().kind == ErrorKind::kNotFound) return names;
  if (!entries.ok()) return entries.error();
  for (const FolderEntry& entry : *entries) {
    if (!entry.name.ends_with(kSuffix)) continue;
    std::string name = entry.name.substr(0, entry.name.size() - kSuffix.size());
    if (check_channel_name(name).ok()) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());  // files sort otherwise, by what follows the name
  return names;
}

Result<ChannelLedger> Ledger::read(const std::string& channel) const {
  PANNIER_TRY(check_channel_name(channel));
  const std::string path = path_of(channel);
  auto contents = read_small_file(fs_, path, limits::kLedgerBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) {
    ChannelLedger empty;
    empty.channel = channel;
    return empty;
  }
  if (!contents.ok()) return std::move(contents).error();
  PANNIER_ASSIGN(ChannelLedger ledger, parse_channel_ledger(*contents, path));
  if (ledger.channel == channel) return ledger;
  return Error{ErrorKind::kCorrupt, fmt::format("{} is the ledger of channel {}", path, ledger.channel),
               "give the file its own name back"};
}

// `change` gets the ledger as it is and says whether it is to be written.
template <class Change>
Status Ledger::change(const std::string& channel, const Change& change) {
  PANNIER_TRY(check_channel_name(channel));
  PANNIER_TRY(fs_.make_folders(folder_));
  PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock,
                 fs_.lock(folder_ + "/" + channel + ".lock", LockMode::kExclusive));
  PANNIER_ASSIGN(ChannelLedger ledger, read(channel));
  PANNIER_ASSIGN(const bool is_changed, change(ledger));
  if (!is_changed) return {};
  if (ledger.entries.size() > limits::kLedgerEntriesMax) {
    return Error{ErrorKind::kLimit, fmt::format("the ledger of {} is full", channel),
                 "begin another channel"};
  }
  return write_file_atomic(fs_, path_of(channel), write_channel_ledger(ledger));
}

Result<uint64_t> Ledger::reserve_sequence(const std::string& channel, std::optional<uint64_t> wanted) {
  uint64_t reserved = 0;
  PANNIER_TRY(change(channel, [&](ChannelLedger& ledger) -> Result<bool> {
    reserved = wanted.value_or(ledger.next);
    if (reserved < ledger.next) {
      return Error{ErrorKind::kStale,
                   fmt::format("number {} of channel {} was given already: the next is {}", reserved, channel,
                               ledger.next),
                   "leave the number out, or give a later one"};
    }
    if (reserved >= limits::kSequenceMax) {
      return Error{ErrorKind::kLimit, fmt::format("sequence number {} is too large", reserved), ""};
    }
    ledger.next = reserved + 1;
    return true;
  }));
  return reserved;
}

Status Ledger::record_sent(const std::string& channel, const LedgerEntry& entry) {
  return change(channel, [&](ChannelLedger& ledger) -> Result<bool> {
    if (ledger.find(entry.sequence) != nullptr || entry.sequence >= ledger.next || entry.sequence == 0) {
      return Error{
          ErrorKind::kInvalid,
          fmt::format("number {} of channel {} is not reserved, or has a bundle", entry.sequence, channel),
          ""};
    }
    const auto place =
        std::upper_bound(ledger.entries.begin(), ledger.entries.end(), entry,
                         [](const LedgerEntry& a, const LedgerEntry& b) { return a.sequence < b.sequence; });
    ledger.entries.insert(place, entry);
    return true;
  });
}

Result<std::vector<uint64_t>> Ledger::set_state(const std::string& channel, uint64_t sequence,
                                                LedgerState state) {
  std::vector<uint64_t> builders;
  PANNIER_TRY(change(channel, [&](ChannelLedger& ledger) -> Result<bool> {
    LedgerEntry* entry = ledger.find(sequence);
    if (entry == nullptr) return no_entry(channel, sequence);
    if (state == LedgerState::kApproved && !is_open(entry->state)) {
      return Error{
          ErrorKind::kInvalid,
          fmt::format("number {} of {} is {} already", sequence, channel, ledger_state_name(entry->state)),
          "`ledger confirm` and `ledger drop` change that"};
    }
    for (const LedgerEntry& later : ledger.entries) {
      const bool builds = std::binary_search(later.built_on.begin(), later.built_on.end(), sequence);
      if (builds && later.state != LedgerState::kDropped) builders.push_back(later.sequence);
    }
    const bool is_changed = entry->state != state;
    entry->state = state;
    return is_changed;
  }));
  return builders;
}

Result<std::vector<LedgerReceiptNews>> Ledger::confirm_by_receipt(const Receipt& receipt) {
  std::vector<LedgerReceiptNews> all;
  PANNIER_ASSIGN(const std::vector<std::string> known, channels());
  for (const ChannelState& state : receipt.channels) {
    if (!std::binary_search(known.begin(), known.end(), state.name)) continue;
    LedgerReceiptNews news;
    PANNIER_TRY(change(state.name, [&](ChannelLedger& ledger) -> Result<bool> {
      read_news(receipt, state, ledger, news);
      return !news.confirmed.empty();
    }));
    all.push_back(std::move(news));
  }
  return all;
}

ChannelHeld held_by_channel(const ChannelLedger& ledger, bool assume_sent) {
  struct Newest {
    uint64_t sequence;
    const LedgerModel* model;
  };
  std::map<std::string, Newest> newest;
  for (const LedgerEntry& entry : ledger.entries) {
    const bool counts = entry.state == LedgerState::kConfirmed || (assume_sent && is_open(entry.state));
    if (!counts) continue;
    for (const LedgerModel& model : entry.models) newest[model.name] = {entry.sequence, &model};
  }
  ChannelHeld result;
  for (const auto& [name, found] : newest) {
    result.held.references.push_back({name, found.model->manifest});
    result.held.blobs.insert(result.held.blobs.end(), found.model->blobs.begin(), found.model->blobs.end());
    result.built_on.push_back(found.sequence);
  }
  const auto sort_unique = [](auto& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  sort_unique(result.held.blobs);
  sort_unique(result.built_on);
  return result;
}

}  // namespace pannier
