// What one release encoded every later one decodes; and each attack on a part is refused, as it is told in
// tools/make_hostile_parts.py.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/part_codec.h"
#include "format/part_test_sample.h"

namespace pannier {
namespace {

Bytes read_tree_file(const std::string& path) {
  const auto text =
      read_small_file(real_file_system(), std::string(PANNIER_SOURCE_DIR) + "/tests/" + path, limits::kMiB);
  EXPECT_TRUE(text.ok()) << path;
  return text.ok() ? Bytes(text->begin(), text->end()) : Bytes();
}

struct Sample {
  std::string part;
  PartEncoding encoding = PartEncoding::kStored;
  uint64_t decoded_bytes = 0;
  std::string says;  // the SHA-256 of a golden, what is said of a hostile one
  Bytes base;
};

// parts.json of a folder below tests.
std::vector<Sample> samples_of(const std::string& folder, const char* says) {
  const Bytes list = read_tree_file(folder + "/parts.json");
  Result<JsonDocument> document = JsonDocument::parse(std::string(as_text(list)), "parts.json");
  EXPECT_TRUE(document.ok());
  std::vector<Sample> samples;
  for (const JsonValue row : document->root().elements()) {
    Sample sample;
    sample.part = row["part"].as_string().value_or("");
    const auto encoding = part_encoding_of_name(row["encoding"].as_string().value_or(""));
    EXPECT_TRUE(encoding.has_value()) << sample.part;
    sample.encoding = encoding.value_or(PartEncoding::kStored);
    sample.decoded_bytes = row["decoded_bytes"].as_unsigned().value_or(0);
    sample.says = row[says].as_string().value_or("");
    if (row["base"]) sample.base = read_tree_file(folder + "/" + std::string(*row["base"].as_string()));
    samples.push_back(std::move(sample));
  }
  return samples;
}

TEST(PartGoldens, WhatWasWrittenIsRead) {
  std::set<PartEncoding> encodings;
  for (const Sample& sample : samples_of("goldens/encodings", "sha256")) {
    const Bytes part = read_tree_file("goldens/encodings/" + sample.part);
    Bytes raw(sample.decoded_bytes);
    const Status status = decode_part(sample.encoding, part, base_reader_of(sample.base), raw, sample.part);
    ASSERT_TRUE(status.ok()) << status.error().to_string();
    Sha256 hash;
    hash.update(ByteSpan(raw));
    EXPECT_EQ(hash.finish().hex(), sample.says) << sample.part;
    encodings.insert(sample.encoding);
  }
  EXPECT_EQ(encodings.size(), 4u);
}

TEST(PartGoldens, EachAttackIsRefusedForItsReason) {
  const std::vector<Sample> samples = samples_of("hostile/encodings", "refused");
  EXPECT_GT(samples.size(), 30u);
  for (const Sample& sample : samples) {
    const Bytes part = read_tree_file("hostile/encodings/" + sample.part);
    Bytes raw(sample.decoded_bytes);
    const Status status = decode_part(sample.encoding, part, base_reader_of(sample.base), raw, sample.part);
    ASSERT_FALSE(status.ok()) << sample.part;
    EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt) << sample.part;
    EXPECT_NE(status.error().message.find(sample.says), std::string::npos)
        << sample.part << ": " << status.error().message;
  }
}

}  // namespace
}  // namespace pannier
