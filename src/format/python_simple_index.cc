// Simple index pages: what both forms have in common, and the JSON form.
#include "format/python_simple_index.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/python_simple_entry.h"
#include "format/python_text.h"

namespace pannier {
namespace simple_index {
namespace {

constexpr const char* kIndexHint =
    "the index, or a proxy before it, sent something else; try the address in a browser";

}  // namespace

Error corrupt(std::string_view what, const std::string& reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason), kIndexHint};
}

Status check_page_bytes(std::string_view text, std::string_view what) {
  if (text.size() <= limits::kSimpleIndexBytesMax) return {};
  return Error{ErrorKind::kLimit,
               fmt::format("{}: a page of {} bytes; at most {} are read", what, text.size(),
                           limits::kSimpleIndexBytesMax),
               ""};
}

Status check_file_count(size_t count, std::string_view what) {
  if (count <= limits::kSimpleFilesMax) return {};
  return Error{ErrorKind::kLimit,
               fmt::format("{}: more than {} files of one project", what, limits::kSimpleFilesMax), ""};
}

Status check_api_version(std::string_view version, std::string_view what) {
  if (version == "1" || version.starts_with("1.")) return {};
  return Error{
      ErrorKind::kUnsupported,
      fmt::format("{}: version '{}' of the simple index's API; 1.x is read", what, for_message(version)),
      "use a newer version of this program, or another index"};
}

bool is_file_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && SafePath::parse(name).ok();
}

bool is_address(std::string_view url) {
  return !url.empty() && url.size() <= limits::kUrlBytesMax &&
         std::none_of(url.begin(), url.end(), [](char c) { return python_text::is_control(c) || c == ' '; });
}

Result<Digest> parse_sha256(std::string_view hex, std::string_view filename, std::string_view what) {
  Result<Digest> digest = digest_from_hex(python_text::lower_case(hex));
  if (digest.ok()) return digest;
  return corrupt(what, fmt::format("'{}': '{}' is no SHA-256", for_message(filename), for_message(hex)));
}

}  // namespace simple_index

namespace {

using simple_index::corrupt;

class JsonPage {
 public:
  explicit JsonPage(std::string_view what) : what_(what) {}

  Result<SimpleIndexPage> parse(std::string_view text) {
    PANNIER_TRY(simple_index::check_page_bytes(text, what_));
    PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(text, what_));
    const JsonValue root = document.root();
    if (!root.is_object()) return corrupt(what_, "not a JSON object");
    const std::optional<std::string_view> version = root["meta"]["api-version"].as_string();
    if (!version) return corrupt(what_, "no version of the API under 'meta'");
    PANNIER_TRY(simple_index::check_api_version(*version, what_));
    const JsonValue files = root["files"];
    if (!files.is_array()) return corrupt(what_, "no list 'files'");
    SimpleIndexPage page;
    for (const JsonValue entry : files.elements()) {
      if (!entry.is_object())
        return corrupt(what_, fmt::format("an entry of 'files' at byte {} is no object", entry.offset()));
      SimpleFile file;
      const std::string_view url = entry["url"].as_string().value_or("");
      file.url = url.substr(0, url.find('#'));
      file.filename = entry["filename"].as_string().value_or("");
      if (!simple_index::is_file_name(file.filename) || !simple_index::is_address(file.url)) {
        ++page.skipped;
        continue;
      }
      PANNIER_TRY(read_facts(entry, file));
      PANNIER_TRY(simple_index::check_file_count(page.files.size() + 1, what_));
      page.files.push_back(std::move(file));
    }
    return page;
  }

 private:
  Status read_facts(JsonValue entry, SimpleFile& file) const {
    PANNIER_ASSIGN(file.sha256, sha256_of(entry["hashes"], file.filename));
    file.bytes = entry["size"].as_unsigned();
    file.requires_python = entry["requires-python"].as_string().value_or("");
    const JsonValue yanked = entry["yanked"];
    file.yanked = yanked.is_string() || yanked.as_bool().value_or(false);
    file.yanked_reason = yanked.as_string().value_or("");
    // PEP 714: the first is the name as it was meant; old indexes have the second only.
    JsonValue metadata = entry["core-metadata"];
    if (!metadata.exists()) metadata = entry["dist-info-metadata"];
    file.has_metadata = metadata.is_object() || metadata.as_bool().value_or(false);
    PANNIER_ASSIGN(file.metadata_sha256, sha256_of(metadata, file.filename));
    return {};
  }

  // Of an object of digests by algorithm; none where it has no such member.
  Result<std::optional<Digest>> sha256_of(JsonValue hashes, std::string_view filename) const {
    const std::optional<std::string_view> hex = hashes["sha256"].as_string();
    if (!hex) return std::optional<Digest>();
    PANNIER_ASSIGN(Digest digest, simple_index::parse_sha256(*hex, filename, what_));
    return std::optional<Digest>(digest);
  }

  std::string_view what_;
};

}  // namespace

Result<SimpleIndexPage> parse_simple_json(std::string_view text, std::string_view what) {
  return JsonPage(what).parse(text);
}

Result<SimpleIndexPage> parse_simple_page(std::string_view text, std::string_view content_type,
                                          std::string_view what) {
  const std::string type =
      python_text::lower_case(python_text::trim(content_type.substr(0, content_type.find(';'))));
  if (type == "application/vnd.pypi.simple.v1+json") return parse_simple_json(text, what);
  if (type == "application/vnd.pypi.simple.v1+html" || type == "text/html")
    return parse_simple_html(text, what);
  return Error{ErrorKind::kUnsupported,
               fmt::format("{}: an answer of type '{}' is no page of a package index", what,
                           for_message(content_type)),
               "check the index's address; it often ends with /simple"};
}

}  // namespace pannier
