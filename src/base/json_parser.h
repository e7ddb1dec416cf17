// The parser behind JsonDocument: text to a flat vector of nodes. Private to base/json*.cc.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/limits.h"

namespace pannier {

// One value, in document order; an object's or array's contents follow it up to `end`.
// Offsets and indices fit 32 bits because limits::kJsonBytesMax and kJsonNodesMax do.
struct JsonNode {
  JsonType type;
  uint32_t size;    // members or elements
  uint32_t end;     // index of the node after this value and all it holds
  uint32_t offset;  // of the value in the text
  union {
    bool boolean;
    int64_t integer;
    double number;
    struct {
      const char* data;
      size_t size;
    } text;
  };

  std::string_view view() const { return {text.data, text.size}; }
};
static_assert(sizeof(JsonNode) == 32);
static_assert(limits::kJsonBytesMax < (1ull << 32) && limits::kJsonNodesMax < (1ull << 32));

// Appends the nodes of the one value that `text` holds; strings that had escapes go to `unescaped`,
// all others stay views into `text`. Errors as JsonDocument::parse.
Status parse_json(std::string_view text, std::string_view what, std::vector<JsonNode>& nodes,
                  std::deque<std::string>& unescaped);

}  // namespace pannier
