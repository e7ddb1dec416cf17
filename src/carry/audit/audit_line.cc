// Writes a line of the audit log in the one canonical way, and accepts nothing else.
#include "carry/audit/audit_line.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace pannier {
namespace {

constexpr size_t kTextBytesMax = 4096;
constexpr size_t kListLengthMax = 4096;
constexpr uint64_t kNumberMax = 1ull << 53;  // what every JSON reader keeps exactly
constexpr std::string_view kGenerationPrefix = "generation ";
constexpr std::string_view kMoreSuffix = " more";
constexpr std::string_view kMorePrefix = "and ";

// How much of a long event is kept.
struct Cut {
  size_t text_bytes = kTextBytesMax;
  size_t list_length = kListLengthMax;
};

std::string kept_text(const std::string& text, const Cut& cut) {
  std::string kept = utf8_find_invalid(text) == std::string::npos ? text : for_display(text);
  if (kept.size() <= cut.text_bytes) return kept;
  kept.resize(cut.text_bytes);
  if (const size_t invalid = utf8_find_invalid(kept); invalid != std::string::npos) kept.resize(invalid);
  return kept + "…";
}

void write_list(std::string_view key, const std::vector<std::string>& list, const Cut& cut,
                JsonWriter& json) {
  json.key(key).begin_array();
  const size_t kept = list.size() <= cut.list_length ? list.size() : cut.list_length;
  for (size_t i = 0; i < kept; ++i) json.string(kept_text(list[i], cut));
  if (kept < list.size()) json.string(fmt::format("{}{}{}", kMorePrefix, list.size() - kept, kMoreSuffix));
  json.end_array();
}

std::string write_cut(const AuditLine& line, const Cut& cut) {
  const AuditEvent& event = line.event;
  JsonWriter json;
  json.begin_object().member("n", line.number).member("time", line.origin.time);
  json.member("uid", line.origin.uid).key("user");
  if (line.origin.user.empty()) {
    json.null();
  } else {
    json.string(kept_text(line.origin.user, cut));
  }
  json.member("host", kept_text(line.origin.host, cut))
      .member("version", kept_text(line.origin.version, cut));
  json.member("action", kept_text(event.action, cut)).member("verdict", kept_text(event.verdict, cut));
  json.member("detail", kept_text(event.detail, cut));
  write_list("refs", event.refs, cut, json);
  write_list("digests", event.digests, cut, json);
  write_list("signers", event.signers, cut, json);
  json.member("medium", kept_text(event.medium, cut));
  write_list("permissions", event.permissions, cut, json);
  json.key("previous");
  if (line.previous) {
    json.string(line.previous->oci());
  } else {
    json.null();
  }
  json.end_object();
  return json.take();
}

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail),
          "`log verify` tells what else is wrong with this log"};
}

Result<std::vector<std::string>> read_list(const JsonReader& reader, std::string_view key,
                                           std::string_view what) {
  PANNIER_ASSIGN(const JsonValue array, reader.array(key));
  std::vector<std::string> list;
  list.reserve(std::min<size_t>(array.size(), kListLengthMax + 1));
  for (const JsonValue element : array.elements()) {
    const auto text = element.as_string();
    if (!text || list.size() > kListLengthMax) {
      return corrupt(what, fmt::format("\"{}\" is no list of texts", key));
    }
    list.emplace_back(*text);
  }
  return list;
}

Result<AuditEvent> read_event(const JsonReader& reader, std::string_view what) {
  AuditEvent event;
  PANNIER_ASSIGN(event.action, reader.string("action"));
  PANNIER_ASSIGN(event.verdict, reader.string("verdict"));
  PANNIER_ASSIGN(event.detail, reader.string("detail"));
  PANNIER_ASSIGN(event.refs, read_list(reader, "refs", what));
  PANNIER_ASSIGN(event.digests, read_list(reader, "digests", what));
  PANNIER_ASSIGN(event.signers, read_list(reader, "signers", what));
  PANNIER_ASSIGN(event.medium, reader.string("medium"));
  PANNIER_ASSIGN(event.permissions, read_list(reader, "permissions", what));
  return event;
}

Result<AuditOrigin> read_origin(JsonValue object, const JsonReader& reader, std::string_view what) {
  AuditOrigin origin;
  PANNIER_ASSIGN(origin.time, reader.string("time"));
  if (!is_audit_time(origin.time)) return corrupt(what, "\"time\" is no time");
  PANNIER_ASSIGN(origin.uid, reader.unsigned_integer("uid", UINT32_MAX));
  if (!object["user"].is_null()) {
    PANNIER_ASSIGN(origin.user, reader.string("user"));
  }
  PANNIER_ASSIGN(origin.host, reader.string("host"));
  PANNIER_ASSIGN(origin.version, reader.string("version"));
  return origin;
}

}  // namespace

std::string audit_generation(uint64_t number) { return fmt::format("{}{}", kGenerationPrefix, number); }

std::optional<uint64_t> audit_generation_of(std::string_view text) {
  if (!text.starts_with(kGenerationPrefix)) return std::nullopt;
  text.remove_prefix(kGenerationPrefix.size());
  if (text.empty() || text.size() > 10) return std::nullopt;
  uint64_t number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(digit - '0');
  }
  return number;
}

bool is_audit_time(std::string_view text) {
  constexpr std::string_view kShape = "dddd-dd-ddTdd:dd:ddZ";
  if (text.size() != kShape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == 'd' ? !is_digit : text[i] != kShape[i]) return false;
  }
  return true;
}

std::string write_audit_line(const AuditLine& line) {
  Cut cut;
  while (true) {
    std::string written = write_cut(line, cut);
    if (written.size() <= limits::kAuditLineBytesMax) return written;
    // Names are short and many, messages long and few: the lists give way first.
    if (cut.list_length > 16) {
      cut.list_length /= 2;
    } else {
      cut.text_bytes /= 2;
    }
  }
}

Result<AuditLine> parse_audit_line(std::string_view json, std::string_view what) {
  if (json.size() > limits::kAuditLineBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} bytes, at most {} are read", what, json.size(), limits::kAuditLineBytesMax), ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt(what, "not a JSON object");
  const JsonReader reader(root, what);
  AuditLine line;
  PANNIER_ASSIGN(line.number, reader.unsigned_integer("n", kNumberMax));
  PANNIER_ASSIGN(line.origin, read_origin(root, reader, what));
  PANNIER_ASSIGN(line.event, read_event(reader, what));
  if (!root["previous"].is_null()) {
    PANNIER_ASSIGN(const std::string previous, reader.string("previous"));
    PANNIER_ASSIGN(line.previous, digest_from_oci(previous));
  }
  if (line.number == 0 || line.previous.has_value() != (line.number > 1)) {
    return corrupt(what, "its number and the digest before it do not fit together");
  }
  // Lists that were cut when written are one longer than those that a line is cut to.
  Cut as_read{kTextBytesMax + std::string_view("…").size(), kListLengthMax + 1};
  if (write_cut(line, as_read) != json) return corrupt(what, "not written canonically");
  return line;
}

}  // namespace pannier
