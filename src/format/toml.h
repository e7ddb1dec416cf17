// TOML (v1.0): read through the same document type as JSON, so that one reader checks both; and the one way
// our writers quote a string.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace pannier {

// A table becomes an object, dates and times become strings as written in RFC 3339. `what` names the text in
// messages. kCorrupt with line and column; kLimit above limits::kTomlBytesMax; infinities and NaN are
// refused.
Result<JsonDocument> parse_toml(std::string_view text, std::string_view what);

// A basic string with its quotes. REQUIRES: valid UTF-8.
std::string toml_string(std::string_view text);

}  // namespace pannier
