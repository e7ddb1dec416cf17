// The "simple" pages by which a package index lists the files of one project: JSON (PEP 691) or HTML
// (PEP 503), to the same struct.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

// For an HTTP Accept header: JSON before HTML.
inline constexpr std::string_view kSimpleIndexAccept =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01";

struct SimpleFile {
  std::string filename;  // a plain file name: no folder, no control characters
  std::string url;       // as written, without the fragment; relative to SimpleIndexPage::base
  std::optional<Digest> sha256;
  std::optional<uint64_t> bytes;
  std::string requires_python;  // as written; empty: nothing said
  bool yanked = false;
  std::string yanked_reason;
  bool has_metadata = false;  // METADATA is served beside it, at url + ".metadata" (PEP 658, PEP 714)
  std::optional<Digest> metadata_sha256;
};

struct SimpleIndexPage {
  std::string base;               // HTML's <base href>, else empty: URLs are relative to the page's own
  std::vector<SimpleFile> files;  // in the page's order
  uint64_t skipped = 0;           // links and entries that name no file we could fetch
};

// `what` names the page in messages. kCorrupt; kUnsupported for an API version other than 1.x; kLimit above
// limits::kSimpleIndexBytesMax. An entry without a usable name or address is skipped and counted, so that one
// bad upload does not hide a project; a sha256 that is not one is kCorrupt.
Result<SimpleIndexPage> parse_simple_json(std::string_view text, std::string_view what);
Result<SimpleIndexPage> parse_simple_html(std::string_view text, std::string_view what);
// One of the two, by the answer's Content-Type. kUnsupported for others.
Result<SimpleIndexPage> parse_simple_page(std::string_view text, std::string_view content_type,
                                          std::string_view what);

}  // namespace pannier
