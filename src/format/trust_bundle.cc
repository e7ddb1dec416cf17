// Writes the roots of a bundle in the one canonical way, and accepts nothing else.
#include "format/trust_bundle.h"

#include <fmt/core.h>

#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_canonical.h"
#include "format/trust_json.h"

namespace pannier {
namespace {

constexpr std::string_view kBegin = "{\"version\":1,\"roots\":[";
constexpr std::string_view kEnd = "]}";

// The elements as they stand in the text. Canonical text has one comma between two of them; what is not so is
// refused by the comparison at the end.
std::vector<std::string_view> texts_of_elements(JsonValue array, std::string_view json) {
  std::vector<uint64_t> begins;
  begins.reserve(array.size());
  for (const JsonValue element : array.elements()) begins.push_back(element.offset());
  std::vector<std::string_view> texts;
  texts.reserve(begins.size());
  for (size_t i = 0; i < begins.size(); ++i) {
    const bool is_last = i + 1 == begins.size();
    const uint64_t end = is_last ? json.size() - kEnd.size() : begins[i + 1] - 1;
    texts.push_back(json.substr(begins[i], end > begins[i] ? end - begins[i] : 0));
  }
  return texts;
}

}  // namespace

std::string write_trust_bundle(const std::vector<TrustRoot>& roots) {
  std::string text(kBegin);
  for (size_t i = 0; i < roots.size(); ++i) {
    if (i > 0) text += ',';
    text += write_dsse(roots[i].envelope);
  }
  return text += kEnd;
}

Result<std::vector<TrustRoot>> parse_trust_bundle(std::string_view json, std::string_view what) {
  if (json.size() > limits::kTrustBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} bytes, at most {} are allowed", what, json.size(), limits::kTrustBytesMax), ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  if (!document.root().is_object()) return corrupt_trust_file(what, "the JSON is not an object");
  PANNIER_TRY(check_bundle_version(document.root(), what));
  PANNIER_TRY(check_bundle_members(document.root(), {"version", "roots"}, what));
  const JsonReader reader(document.root(), what);
  PANNIER_ASSIGN(const JsonValue array, reader.array("roots"));
  if (array.size() == 0) return corrupt_trust_file(what, "there is no root in it");
  if (array.size() > limits::kRootsMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} roots, at most {} are allowed", what, array.size(), limits::kRootsMax),
                 ""};
  }
  std::vector<TrustRoot> roots;
  for (const std::string_view text : texts_of_elements(array, json)) {
    PANNIER_ASSIGN(TrustRoot root,
                   parse_trust_root(text, fmt::format("{}: entry {}", what, roots.size() + 1)));
    if (!roots.empty() && root.number != roots.back().number + 1) {
      return corrupt_trust_file(
          what, fmt::format("root {} stands behind root {}", root.number, roots.back().number));
    }
    roots.push_back(std::move(root));
  }
  PANNIER_TRY(check_trust_canonical(write_trust_bundle(roots), json, what));
  return roots;
}

}  // namespace pannier
