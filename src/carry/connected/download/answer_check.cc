#include "carry/connected/download/answer_check.h"

#include <fmt/core.h>

#include <charconv>

#include "base/display.h"

namespace pannier {
namespace {

Error changed_upstream(const DownloadItem& item, const std::string& what) {
  return Error{ErrorKind::kStale, item.label + " changed upstream: " + what,
               "look the revision up again (run the command again; a lock file needs --update)"};
}

// Quotes and the mark of a weak tag gone.
std::string_view bare_etag(std::string_view tag) {
  if (tag.starts_with("W/")) tag.remove_prefix(2);
  if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
  return tag;
}

// Compares where it is a digest of a kind that the listing has; anything else says nothing.
Status check_tag(const DownloadItem& item, std::string_view tag) {
  tag = bare_etag(tag);
  std::string listed;
  if (const auto digest = digest_from_hex(tag); digest.ok() && item.id.sha256) {
    if (*digest == *item.id.sha256) return {};
    listed = item.id.sha256->hex();
  } else if (const auto git = sha1_from_hex(tag); git.ok() && item.id.git_blob) {
    if (*git == *item.id.git_blob) return {};
    listed = item.id.git_blob->hex();
  } else {
    return {};
  }
  return changed_upstream(item,
                          fmt::format("the server has contents {} now, the listing said {}", tag, listed));
}

}  // namespace

std::optional<uint64_t> parse_decimal(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  static constexpr std::string_view kUnit = "bytes ";
  if (!text.starts_with(kUnit)) return std::nullopt;
  text.remove_prefix(kUnit.size());
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = parse_decimal(text.substr(0, dash));
  const auto last = parse_decimal(text.substr(dash + 1, slash - dash - 1));
  const std::string_view total = text.substr(slash + 1);
  if (!first || !last || *first > *last) return std::nullopt;
  if (total == "*") return ContentRange{*first, *last, std::nullopt};
  const auto bytes = parse_decimal(total);
  if (!bytes || *last >= *bytes) return std::nullopt;
  return ContentRange{*first, *last, bytes};
}

std::string strong_etag(const HttpHead& head) {
  const std::string_view tag = head.header("ETag");
  return tag.starts_with("W/") ? std::string() : std::string(bare_etag(tag));
}

Status check_identity(const DownloadItem& item, const HttpHead& head) {
  const std::string_view commit = head.header("X-Repo-Commit");
  if (!item.commit.empty() && !commit.empty() && commit != item.commit) {
    return changed_upstream(item, fmt::format("the server answers for commit {} instead of {}",
                                              for_message(commit), item.commit));
  }
  const std::string_view linked = head.header("X-Linked-ETag");
  if (!linked.empty()) {
    PANNIER_TRY(check_tag(item, linked));
  } else if (!commit.empty()) {
    // Only a Hub's ETag is a digest of the kinds we know: other servers put an MD5 or a SHA-1 of the plain
    // contents there, which looks like a git id and is none.
    PANNIER_TRY(check_tag(item, head.header("ETag")));
  }
  if (const auto bytes = parse_decimal(head.header("X-Linked-Size")); bytes && *bytes != item.bytes) {
    return changed_upstream(item,
                            fmt::format("it has {} bytes now, the listing said {}", *bytes, item.bytes));
  }
  return {};
}

std::string address_for_message(const Url& url) {
  return for_message(url.origin() + url.target.substr(0, url.target.find('?')));
}

Error size_differs(const DownloadItem& item, uint64_t bytes, const Url& url) {
  return changed_upstream(
      item, fmt::format("{} has {} bytes, the listing said {}", address_for_message(url), bytes, item.bytes));
}

bool begins_as_lfs_pointer(std::string_view contents) {
  return contents.starts_with("version https://git-lfs.github.com/spec/v1");
}

Error is_lfs_pointer(const DownloadItem& item, const Url& url) {
  return Error{ErrorKind::kCorrupt,
               item.label + ": " + address_for_message(url) +
                   " gives a Git LFS pointer (a few lines of text that name the file) instead of the file",
               "that server does not resolve Git LFS; fetch from the Hub itself, or from a mirror that does"};
}

Error refusal(const DownloadItem& item, const HttpHead& head, const Url& url) {
  std::string answer = fmt::format("{}: {} answered {}", item.label, address_for_message(url), head.status);
  std::string_view code = head.header("X-Error-Code");
  std::string_view message = head.header("X-Error-Message");
  if (!code.empty()) answer += " " + for_message(code);
  if (!message.empty()) answer += ": " + for_message(message);
  switch (head.status) {
    case 401:
      return {ErrorKind::kDenied, answer, "give a token that may read it (--hub-token-file, HF_TOKEN)"};
    case 403:
    case 451:
      return {ErrorKind::kDenied, answer,
              code == "GatedRepo" ? "ask for access on the repository's page, with the account of your token"
                                  : "this account or address may not have it"};
    case 404:
    case 410:
      return {ErrorKind::kNotFound, answer, "look the revision up again: was the file removed upstream?"};
    case 416:
      return {ErrorKind::kStale, answer + " (there is no such range)",
              "the file is shorter than the listing says: look the revision up again"};
    case 429:
      return {ErrorKind::kNetwork, answer + " (too many requests)", "wait a while, then run it again"};
    default:
      return {ErrorKind::kNetwork, answer, "what was fetched is kept; run it again to go on"};
  }
}

}  // namespace pannier
