// absolute_path: where a path that a person gave leads, from the folder this process works in.
#pragma once

#include <string>

namespace pannier {

// Absolute, without "." and ".."; links are not looked at, and a slash at the end stays. As it was given
// where the working folder cannot be told.
std::string absolute_path(const std::string& path);

}  // namespace pannier
