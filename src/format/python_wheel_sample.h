// Small wheels for tests: written byte by byte, so that a test can make each of them lie.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "base/digest.h"
#include "format/base64.h"
#include "format/inflate.h"

namespace pannier {

inline std::string deflated(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// One entry of an archive. What is set beside `name` and `text` is a lie, or a choice of the packer.
struct SampleEntry {
  std::string name;
  std::string text;
  bool deflate = true;
  bool with_descriptor = false;
  uint16_t flags = 0;
  std::string local_name;    // where not empty, what the local header says
  std::string packed;        // where not empty, the bytes that lie in the archive
  int64_t bytes = -1;        // where not negative, the unpacked size that both headers give
  int64_t local_bytes = -1;  // the same of the local header alone
  uint32_t crc_change = 0;   // xored to the checksum
  std::string extra;         // of both headers
};

inline std::string le(uint64_t value, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i, value >>= 8) out.push_back(static_cast<char>(value & 0xFF));
  return out;
}

inline std::string make_zip(const std::vector<SampleEntry>& entries) {
  std::string file;
  std::string central;
  for (const SampleEntry& entry : entries) {
    const std::string packed = !entry.packed.empty() ? entry.packed
                               : entry.deflate       ? deflated(entry.text)
                                                     : entry.text;
    const uint64_t bytes = entry.bytes < 0 ? entry.text.size() : static_cast<uint64_t>(entry.bytes);
    const uint64_t local_bytes = entry.local_bytes < 0 ? bytes : static_cast<uint64_t>(entry.local_bytes);
    const std::string crc = le(running_crc32(0, as_bytes(entry.text)) ^ entry.crc_change, 4);
    const std::string local_name = entry.local_name.empty() ? entry.name : entry.local_name;
    const std::string common =
        le(entry.flags | (entry.with_descriptor ? 8u : 0u), 2) + le(entry.deflate ? 8 : 0, 2) + le(0, 4);
    const std::string sizes = le(packed.size(), 4) + le(bytes, 4);
    const uint64_t header = file.size();
    file += "PK\3\4" + le(20, 2) + common;
    file += entry.with_descriptor ? le(0, 12) : crc + le(packed.size(), 4) + le(local_bytes, 4);
    file += le(local_name.size(), 2) + le(entry.extra.size(), 2) + local_name + entry.extra + packed;
    if (entry.with_descriptor) file += "PK\7\10" + crc + sizes;
    central += "PK\1\2" + le(20, 2) + le(20, 2) + common + crc + sizes + le(entry.name.size(), 2) +
               le(entry.extra.size(), 2) + le(0, 10) + le(header, 4) + entry.name + entry.extra;
  }
  const uint64_t begin = file.size();
  file += central;
  file += "PK\5\6" + le(0, 4) + le(entries.size(), 2) + le(entries.size(), 2) + le(central.size(), 4) +
          le(begin, 4) + le(0, 2);
  return file;
}

// A row of RECORD for the text.
inline std::string record_row(const std::string& path, const std::string& text) {
  const Digest digest = sha256(text);
  std::string code = base64_encode(std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), 32));
  for (char& c : code) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (code.ends_with('=')) code.pop_back();
  return path + ",sha256=" + code + "," + std::to_string(text.size()) + "\n";
}

// A wheel that passes every check, in parts that a test may change before it is put together.
struct SampleWheel {
  std::string filename = "demo_pkg-1.0-py3-none-any.whl";
  std::string dist_info = "demo_pkg-1.0.dist-info";
  std::string metadata =
      "Metadata-Version: 2.1\nName: demo-pkg\nVersion: 1.0\nRequires-Python: >=3.8\n\nText\n";
  std::string wheel = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n\n";
  std::vector<SampleEntry> files = {{"demo_pkg/__init__.py", "x = 1\n"}, {"demo_pkg/data.txt", "", false}};
  std::string record;  // empty: made of the files
  std::string more_record;
  std::vector<SampleEntry> unrecorded;

  std::string make() const {
    std::vector<SampleEntry> entries = files;
    entries.push_back({dist_info + "/METADATA", metadata});
    entries.push_back({dist_info + "/WHEEL", wheel});
    std::string rows = record;
    if (rows.empty()) {
      for (const SampleEntry& entry : entries) {
        if (!entry.name.ends_with('/')) rows += record_row(entry.name, entry.text);
      }
      rows += more_record + dist_info + "/RECORD,,\n";
    }
    entries.insert(entries.end(), unrecorded.begin(), unrecorded.end());
    entries.push_back({dist_info + "/RECORD", rows});
    return make_zip(entries);
  }
};

}  // namespace pannier
