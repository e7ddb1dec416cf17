// The table of names: see tensor_names.h.
#include "run/weights/tensor_names.h"

#include <array>

namespace pannier {
namespace {

struct Alias {
  std::string_view now;     // how names end today
  std::string_view before;  // how they ended once
};

// TensorFlow's words for gain and bias: in checkpoints converted before 2019.
constexpr std::array<Alias, 2> kAliases = {{
    {"LayerNorm.weight", "LayerNorm.gamma"},
    {"LayerNorm.bias", "LayerNorm.beta"},
}};

}  // namespace

std::vector<std::string> names_of_tensor(const std::string& name, std::string_view base) {
  std::vector<std::string> names = {name};
  for (const Alias& alias : kAliases) {
    if (!name.ends_with(alias.now)) continue;
    names.push_back(name.substr(0, name.size() - alias.now.size()) + std::string(alias.before));
  }
  const std::string prefix = base.empty() ? "" : std::string(base) + ".";
  if (prefix.empty() || !name.starts_with(prefix)) return names;
  const size_t count = names.size();
  for (size_t i = 0; i < count; ++i) names.push_back(names[i].substr(prefix.size()));
  return names;
}

}  // namespace pannier
