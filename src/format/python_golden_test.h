// What tools/golden/python_goldens.py wrote, for the tests of the Python package formats.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"

namespace pannier {

inline JsonDocument python_golden(const std::string& name) {
  const std::string path = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/python/" + name + ".json";
  Result<std::string> text = read_small_file(real_file_system(), path, 4 * limits::kMiB);
  if (!text.ok()) {
    ADD_FAILURE() << text.error().to_string();
    return *JsonDocument::parse("{}", name);
  }
  return *JsonDocument::parse(*std::move(text), name);
}

inline std::string text_of(JsonValue value) { return std::string(value.as_string().value_or("")); }

inline std::vector<std::string> texts_of(JsonValue array) {
  std::vector<std::string> out;
  for (const JsonValue element : array.elements()) out.push_back(text_of(element));
  return out;
}

}  // namespace pannier
