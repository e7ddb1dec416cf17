// Reads and writes the ledger of a channel.
#include "carry/connected/ledger_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_statement.h"
#include "format/oci.h"

namespace pannier {
namespace {

constexpr uint64_t kLedgerVersion = 1;
constexpr LedgerState kStates[] = {LedgerState::kSent, LedgerState::kApproved, LedgerState::kConfirmed,
                                   LedgerState::kDropped};

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail),
          "restore the file from a backup; without it, build deltas on receipts alone"};
}

Result<Digest> digest_member(const JsonReader& reader, std::string_view key, std::string_view what) {
  PANNIER_ASSIGN(const std::string text, reader.string(key));
  auto digest = digest_from_oci(text);
  if (!digest.ok()) return with_context(std::move(digest).error(), std::string(what));
  return digest;
}

Result<LedgerModel> read_model(JsonValue value, std::string_view what) {
  const JsonReader reader(value, what);
  LedgerModel model;
  PANNIER_ASSIGN(model.name, reader.string("name"));
  if (const Status named = check_ref_name(model.name); !named.ok()) {
    return corrupt(what, named.error().message);
  }
  PANNIER_ASSIGN(model.manifest, digest_member(reader, "manifest", what));
  PANNIER_ASSIGN(const JsonValue blobs, reader.array("blobs"));
  for (const JsonValue element : blobs.elements()) {
    const JsonReader member(element, what);
    BlobInfo blob;
    PANNIER_ASSIGN(blob.digest, digest_member(member, "digest", what));
    PANNIER_ASSIGN(blob.bytes, member.unsigned_integer("bytes", limits::kBundleBytesMax));
    if (!model.blobs.empty() && model.blobs.back().digest >= blob.digest) {
      return corrupt(what, "blobs are not sorted");
    }
    model.blobs.push_back(blob);
  }
  return model;
}

Result<LedgerState> read_state(const JsonReader& reader, std::string_view what) {
  PANNIER_ASSIGN(const std::string name, reader.string("state"));
  for (const LedgerState state : kStates) {
    if (ledger_state_name(state) == name) return state;
  }
  return corrupt(what, "\"state\" is none that a bundle can be in");
}

Result<LedgerEntry> read_entry(JsonValue value, std::string_view what) {
  const JsonReader reader(value, what);
  LedgerEntry entry;
  PANNIER_ASSIGN(entry.sequence, reader.unsigned_integer("sequence", limits::kSequenceMax));
  PANNIER_ASSIGN(entry.state, read_state(reader, what));
  PANNIER_ASSIGN(entry.time, reader.string("time"));
  PANNIER_ASSIGN(entry.statement, digest_member(reader, "statement", what));
  PANNIER_ASSIGN(entry.payload, digest_member(reader, "payload", what));
  PANNIER_ASSIGN(const JsonValue built_on, reader.array("built_on"));
  for (const JsonValue element : built_on.elements()) {
    const auto number = element.as_unsigned();
    if (!number || *number >= entry.sequence ||
        (!entry.built_on.empty() && entry.built_on.back() >= *number)) {
      return corrupt(what, "\"built_on\" lists no earlier bundles");
    }
    entry.built_on.push_back(*number);
  }
  PANNIER_ASSIGN(const JsonValue models, reader.array("models"));
  for (const JsonValue element : models.elements()) {
    PANNIER_ASSIGN(LedgerModel model, read_model(element, what));
    if (!entry.models.empty() && entry.models.back().name >= model.name) {
      return corrupt(what, "models are not sorted");
    }
    entry.models.push_back(std::move(model));
  }
  return entry;
}

void write_model(const LedgerModel& model, JsonWriter& json) {
  json.begin_object().member("name", model.name).member("manifest", model.manifest.oci());
  json.key("blobs").begin_array();
  for (const BlobInfo& blob : model.blobs) {
    json.begin_object().member("digest", blob.digest.oci()).member("bytes", blob.bytes).end_object();
  }
  json.end_array().end_object();
}

}  // namespace

std::string_view ledger_state_name(LedgerState state) {
  switch (state) {
    case LedgerState::kSent:
      return "sent";
    case LedgerState::kApproved:
      return "approved";
    case LedgerState::kConfirmed:
      return "confirmed";
    case LedgerState::kDropped:
      return "dropped";
  }
  return "";
}

const LedgerEntry* ChannelLedger::find(uint64_t sequence) const {
  const auto found =
      std::lower_bound(entries.begin(), entries.end(), sequence,
                       [](const LedgerEntry& entry, uint64_t key) { return entry.sequence < key; });
  return found != entries.end() && found->sequence == sequence ? &*found : nullptr;
}

LedgerEntry* ChannelLedger::find(uint64_t sequence) {
  return const_cast<LedgerEntry*>(std::as_const(*this).find(sequence));
}

std::string write_channel_ledger(const ChannelLedger& ledger) {
  JsonWriter json;
  json.begin_object().member("version", kLedgerVersion).member("channel", ledger.channel);
  json.member("next", ledger.next).key("entries").begin_array();
  for (const LedgerEntry& entry : ledger.entries) {
    json.begin_object().member("sequence", entry.sequence);
    json.member("state", ledger_state_name(entry.state)).member("time", entry.time);
    json.member("statement", entry.statement.oci()).member("payload", entry.payload.oci());
    json.key("built_on").begin_array();
    for (const uint64_t number : entry.built_on) json.unsigned_integer(number);
    json.end_array().key("models").begin_array();
    for (const LedgerModel& model : entry.models) write_model(model, json);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

Result<ChannelLedger> parse_channel_ledger(std::string_view json, std::string_view what) {
  if (json.size() > limits::kLedgerBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes, at most {} are read", what, json.size(), limits::kLedgerBytesMax),
                 ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt(what, "not a JSON object");
  const JsonReader reader(root, what);
  PANNIER_ASSIGN(const uint64_t version, reader.unsigned_integer("version", UINT32_MAX));
  if (version > kLedgerVersion) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: format version {}: made by a newer version of pannier", what, version),
                 "use that version"};
  }
  ChannelLedger ledger;
  PANNIER_ASSIGN(ledger.channel, reader.string("channel"));
  if (!check_channel_name(ledger.channel).ok()) return corrupt(what, "\"channel\" is no name of a channel");
  PANNIER_ASSIGN(ledger.next, reader.unsigned_integer("next", limits::kSequenceMax));
  PANNIER_ASSIGN(const JsonValue entries, reader.array("entries"));
  if (entries.size() > limits::kLedgerEntriesMax) return corrupt(what, "too many entries");
  for (const JsonValue element : entries.elements()) {
    PANNIER_ASSIGN(LedgerEntry entry, read_entry(element, what));
    const uint64_t last = ledger.entries.empty() ? 0 : ledger.entries.back().sequence;
    if (entry.sequence <= last || entry.sequence >= ledger.next) {
      return corrupt(what, "sequence numbers do not rise, or reach beyond the next one");
    }
    ledger.entries.push_back(std::move(entry));
  }
  if (write_channel_ledger(ledger) != json) return corrupt(what, "not written as this program writes it");
  return ledger;
}

}  // namespace pannier
