// Small safetensors files and golden models for tests of what reads them.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/limits.h"
#include "base/model_files.h"

namespace pannier {

struct TestTensor {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape;
  std::string bytes;
};

// A well-formed file of these tensors, in their order.
inline std::string safetensors_file(const std::vector<TestTensor>& tensors) {
  std::string header = "{";
  std::string data;
  for (const TestTensor& tensor : tensors) {
    std::string shape;
    for (const uint64_t dimension : tensor.shape)
      shape += (shape.empty() ? "" : ",") + std::to_string(dimension);
    header += std::string(header.size() > 1 ? "," : "") + "\"" + tensor.name + "\":{\"dtype\":\"" +
              tensor.dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(data.size()) +
              "," + std::to_string(data.size() + tensor.bytes.size()) + "]}";
    data += tensor.bytes;
  }
  header += "}";
  std::string file(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + data;
}

// The files of one model of tests/goldens/logits/models, by name, to be changed at will.
inline std::map<std::string, std::string> golden_model(const std::string& name) {
  const std::string folder = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/logits/models/" + name;
  std::map<std::string, std::string> contents;
  const auto entries = real_file_system().list(folder);
  EXPECT_TRUE(entries.ok()) << folder;
  for (const FolderEntry& entry : *entries) {
    contents[entry.name] = *read_small_file(real_file_system(), folder + "/" + entry.name, 16 * limits::kMiB);
  }
  return contents;
}

// The text with `from`, which must be in it, replaced once.
inline std::string with_replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  if (at != std::string::npos) text.replace(at, from.size(), to);
  return text;
}

}  // namespace pannier
