// For tests only: known answers as their sources print them, in hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace pannier {

inline Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

}  // namespace pannier
