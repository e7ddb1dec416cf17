// Which modules of its own repository a Python file imports, read as text: nothing is run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pannier {

// The X of each line "from .X import …" and "import .X", once each, in order: what transformers scans for
// when it fetches a repository's code, inside strings and comments that begin a line too.
std::vector<std::string> relative_imports(std::string_view source);

}  // namespace pannier
