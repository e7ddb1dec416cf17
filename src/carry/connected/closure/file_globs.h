// Patterns of --include and --exclude, as huggingface_hub's allow_patterns and ignore_patterns read them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pannier {

// Python's fnmatch.fnmatchcase: '*' and '?' also match '/', "[a-z]" and "[!a-z]" are sets, there is no
// escape; a pattern that ends in '/' means all below it; '\' is read as '/'. Time is bounded by
// |path| x |pattern|.
bool glob_matches(std::string_view pattern, std::string_view path);

// The first of `patterns` that matches; null where none does.
const std::string* first_match(const std::vector<std::string>& patterns, std::string_view path);

}  // namespace pannier
