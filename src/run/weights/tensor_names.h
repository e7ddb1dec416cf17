// The names that one tensor goes by: checkpoints of different ages and classes call the same weights
// differently, and transformers reads them all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pannier {

// Every name the tensor may be stored under, the one asked for first. `base` is what all names of the
// model below its heads begin with ("bert"); a checkpoint of the bare model leaves it away. Empty: none.
// A name the table has no other for comes back alone.
std::vector<std::string> names_of_tensor(const std::string& name, std::string_view base);

}  // namespace pannier
