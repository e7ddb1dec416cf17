#include "carry/store/near_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pannier {
namespace {

constexpr size_t kNamesShownMax = 3;
constexpr size_t kDistanceMax = 3;
// Above this the hint is not worth comparing every name.
constexpr size_t kNamesComparedMax = 10'000;

// The last component, without the revision: what people remember of "org/name@revision".
std::string_view short_name(std::string_view name) {
  name = name.substr(0, name.find('@'));
  const size_t slash = name.rfind('/');
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// "tiny" is near "org/tiny@v1" too: people forget the organisation and the revision.
size_t distance_of(std::string_view wanted, std::string_view name) {
  return std::min(edit_distance(wanted, name), edit_distance(short_name(wanted), short_name(name)));
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);  // distances from a's prefix so far to each prefix of b
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string hint_of_near_names(const std::string& wanted, const std::vector<Reference>& references) {
  if (references.empty()) return "the store is empty; put a model into it with pannier install";
  std::vector<std::pair<size_t, std::string>> near;
  for (size_t i = 0; i < std::min(references.size(), kNamesComparedMax); ++i) {
    const std::string& name = references[i].name;
    size_t distance = distance_of(wanted, name);
    for (const std::string& alias : references[i].aliases) {
      distance = std::min(distance, distance_of(wanted, alias));
    }
    if (distance <= kDistanceMax) near.emplace_back(distance, name);
  }
  if (near.empty()) return "pannier list shows what the store holds";
  std::sort(near.begin(), near.end());
  std::string names;
  for (size_t i = 0; i < std::min(near.size(), kNamesShownMax); ++i) {
    names += (i == 0 ? "" : ", ") + near[i].second;
  }
  return "did you mean " + names + "?";
}

}  // namespace pannier
