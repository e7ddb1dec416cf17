// Makes tiny wheels for tests, whole or damaged in a chosen way.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "format/base64.h"
#include "format/zip_index.h"

namespace pannier::wheels_test {

// An archive of stored entries, in the order given.
inline std::string zip_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  const auto le = [](uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFF);
    return out;
  };
  std::string file;
  std::string directory;
  for (const auto& [name, contents] : entries) {
    const std::string facts = le(20, 2) + le(0, 2) + le(0, 2) + le(0, 2) + le(0x21, 2) +
                              le(zip_crc32(as_bytes(contents)), 4) + le(contents.size(), 4) +
                              le(contents.size(), 4) + le(name.size(), 2) + le(0, 2);
    directory += le(0x02014b50, 4) + le(20, 2) + facts + le(0, 2) + le(0, 2) + le(0, 2) + le(0, 4) +
                 le(file.size(), 4) + name;
    file += le(0x04034b50, 4) + facts + name + contents;
  }
  return file + directory + le(0x06054b50, 4) + le(0, 4) + le(entries.size(), 2) + le(entries.size(), 2) +
         le(directory.size(), 4) + le(file.size(), 4) + le(0, 2);
}

struct TestWheel {
  std::string name = "tiny";
  std::string version = "1.0";
  std::string tag = "py3-none-any";
  std::vector<std::string> requirements;  // Requires-Dist
  std::string requires_python;
  std::map<std::string, std::string> files;  // besides NAME/__init__.py

  std::string filename() const { return name + "-" + version + "-" + tag + ".whl"; }

  std::string bytes() const {
    const std::string info = name + "-" + version + ".dist-info/";
    std::string metadata = "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n";
    if (!requires_python.empty()) metadata += "Requires-Python: " + requires_python + "\n";
    for (const std::string& requirement : requirements) metadata += "Requires-Dist: " + requirement + "\n";
    std::vector<std::pair<std::string, std::string>> entries = {{name + "/__init__.py", "version = 1\n"}};
    for (const auto& [path, contents] : files) entries.emplace_back(path, contents);
    entries.emplace_back(info + "METADATA", metadata + "License: MIT\n");
    entries.emplace_back(info + "WHEEL",
                         "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: " + tag + "\n");
    std::string record;
    for (const auto& [path, contents] : entries) {
      const Digest digest = sha256(contents);
      std::string hash = base64_encode(as_text(ByteSpan(digest.bytes)));
      std::replace(hash.begin(), hash.end(), '+', '-');
      std::replace(hash.begin(), hash.end(), '/', '_');
      hash.erase(hash.find('='));
      record += path + ",sha256=" + hash + "," + std::to_string(contents.size()) + "\n";
    }
    entries.emplace_back(info + "RECORD", record + info + "RECORD,,\n");
    return zip_of(entries);
  }
};

}  // namespace pannier::wheels_test
