// What the JSON and the HTML form of a simple index page share: the rules on names, addresses and digests.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace pannier::simple_index {

// kCorrupt: "WHAT: REASON".
Error corrupt(std::string_view what, const std::string& reason);

// kLimit above limits::kSimpleIndexBytesMax.
Status check_page_bytes(std::string_view text, std::string_view what);
// kLimit above limits::kSimpleFilesMax.
Status check_file_count(size_t count, std::string_view what);
// kUnsupported for anything but 1.x.
Status check_api_version(std::string_view version, std::string_view what);

// A plain file name that is safe to write on any system.
bool is_file_name(std::string_view name);
// Neither empty nor too long, without white space and control characters. Not whether it resolves.
bool is_address(std::string_view url);
// 64 hexadecimal digits of either case, else kCorrupt naming the file.
Result<Digest> parse_sha256(std::string_view hex, std::string_view filename, std::string_view what);

}  // namespace pannier::simple_index
