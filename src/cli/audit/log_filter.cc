// Dates, durations, and what of a line is compared with what.
#include "cli/audit/log_filter.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/display.h"

namespace pannier {
namespace {

constexpr size_t kKeyIdPrefixMin = 8;
constexpr uint64_t kAmountMax = 100'000;

std::optional<uint64_t> seconds_of_unit(char unit) {
  switch (unit) {
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86'400;
    case 'w':
      return 604'800;
    default:
      return std::nullopt;
  }
}

std::optional<uint64_t> seconds_of_duration(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto unit = seconds_of_unit(text.back());
  text.remove_suffix(1);
  uint64_t amount = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9' || amount > kAmountMax) return std::nullopt;
    amount = amount * 10 + static_cast<uint64_t>(digit - '0');
  }
  return unit ? std::optional(amount * *unit) : std::nullopt;
}

bool is_ref(const std::string& name, const std::string& wanted) {
  return name == wanted || name.substr(0, name.find('@')) == wanted;
}

bool is_signer(const std::string& signer, const std::string& wanted) {
  return signer == wanted || (wanted.size() >= kKeyIdPrefixMin && signer.starts_with(wanted));
}

}  // namespace

bool LogFilter::matches(const AuditLine& line) const {
  const AuditEvent& event = line.event;
  // Times are of one length and UTC: they sort as texts.
  if (!since.empty() && line.origin.time < since) return false;
  if (!action.empty() && event.action != action && !event.action.starts_with(action + " ")) return false;
  const auto has_ref = [&](const std::string& name) { return is_ref(name, ref); };
  const auto has_signer = [&](const std::string& name) { return is_signer(name, signer); };
  if (!ref.empty() && std::none_of(event.refs.begin(), event.refs.end(), has_ref)) return false;
  return signer.empty() || std::any_of(event.signers.begin(), event.signers.end(), has_signer);
}

Result<std::string> parse_since(std::string_view text, std::time_t now) {
  if (is_audit_time(text)) return std::string(text);
  if (std::string day = std::string(text) + "T00:00:00Z"; is_audit_time(day)) return day;
  const auto seconds = seconds_of_duration(text);
  if (!seconds) {
    return Error{ErrorKind::kInvalid, fmt::format("\"{}\" is no date and no duration", for_message(text)),
                 "write 2026-11-24, 2026-11-24T16:00:00Z, 90m, 36h, 7d or 4w"};
  }
  const std::time_t then = now - std::min<std::time_t>(now, static_cast<std::time_t>(*seconds));
  std::tm utc{};
  ::gmtime_r(&then, &utc);
  std::array<char, 32> written{};
  const size_t size = std::strftime(written.data(), written.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(written.data(), size);
}

}  // namespace pannier
