// "Did you mean": names close to one that was not found.
#pragma once

#include <string>
#include <vector>

#include "format/oci.h"

namespace pannier {

// A sentence for an error's hint: the nearest names, or all when they are few, or how to list them.
std::string hint_of_near_names(const std::string& wanted, const std::vector<Reference>& references);

// Insertions, deletions and replacements that turn one text into the other.
size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace pannier
