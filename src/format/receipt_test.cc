#include "format/receipt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/limits.h"

namespace pannier {
namespace {

Receipt sample() {
  Receipt receipt;
  receipt.store_id = std::string(32, 'a');
  receipt.generation = 7;
  receipt.channels = {{"plant-7", 12, sha256("statement")}};
  receipt.log_count = 40;
  receipt.log_digest = sha256("line");
  receipt.references = {{"mini", sha256("m1")}, {"sst2-tiny", sha256("m2")}};
  receipt.blobs = {{sha256("a"), 1}, {sha256("b"), 2}, {sha256("c"), 1ull << 40}};
  std::sort(receipt.blobs.begin(), receipt.blobs.end());
  return receipt;
}

Result<SignedReceipt> with_payload(std::string payload) {
  return parse_receipt(write_dsse({std::string(kReceiptType), std::move(payload), {}}), "r.json");
}

TEST(Receipt, ReadsBackWhatItWrote) {
  for (const Receipt& receipt : {sample(), Receipt{std::string(32, '0'), 0, {}, 0, {}, {}, {}}}) {
    const auto read = parse_receipt(write_dsse(receipt_envelope(receipt)), "r.json");
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(read->receipt, receipt);
    EXPECT_EQ(read->payload_digest, sha256(write_receipt_payload(receipt)));
  }
}

TEST(Receipt, HasOneFormForEver) {
  Receipt receipt = sample();
  receipt.blobs.resize(1);
  receipt.references.resize(1);
  EXPECT_EQ(write_receipt_payload(receipt),
            "{\"version\":1,\"store\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"generation\":7,\"channels\":[{"
            "\"name\":\"plant-7\",\"sequence\":12,\"statement\":\"" +
                sha256("statement").oci() + "\"}],\"log\":{\"count\":40,\"digest\":\"" +
                sha256("line").oci() + "\"},\"references\":[{\"name\":\"mini\",\"manifest\":\"" +
                sha256("m1").oci() + "\"}],\"blobs\":[{\"digest\":\"" + receipt.blobs[0].digest.oci() +
                "\",\"bytes\":" + std::to_string(receipt.blobs[0].bytes) + "}]}");
}

TEST(Receipt, FindsItsBlobs) {
  EXPECT_TRUE(holds(sample(), sha256("a")));
  EXPECT_TRUE(holds(sample(), sha256("c")));
  EXPECT_FALSE(holds(sample(), sha256("d")));
}

TEST(Receipt, RefusesWhatItWouldNotHaveWritten) {
  const std::string good = write_receipt_payload(sample());
  ASSERT_TRUE(with_payload(good).ok());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    EXPECT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    auto read = with_payload(text);
    return read.ok() ? ErrorKind::kInterrupted : read.error().kind;
  };
  EXPECT_EQ(changed("\"version\":1", "\"version\":2"), ErrorKind::kUnsupported);
  EXPECT_EQ(changed("\"store\":\"aa", "\"store\":\"AA"), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("plant-7", "plant 7"), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("\"sequence\":12", "\"sequence\":0"), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("\"mini\"", "\"../x\""), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("\"mini\"", "\"zzz\""), ErrorKind::kCorrupt);  // no longer sorted
  EXPECT_EQ(changed("\"count\":40", "\"count\":0"), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("{\"version\"", "{ \"version\""), ErrorKind::kCorrupt);
  EXPECT_EQ(changed("]}", "],\"more\":1}"), ErrorKind::kCorrupt);
  EXPECT_EQ(with_payload("[]").error().kind, ErrorKind::kCorrupt);
}

// Listed twice, a blob could be told with two sizes.
TEST(Receipt, BlobListedTwiceIsRefused) {
  Receipt receipt = sample();
  receipt.blobs.insert(receipt.blobs.begin(), {receipt.blobs.front().digest, 99});
  EXPECT_EQ(with_payload(write_receipt_payload(receipt)).error().kind, ErrorKind::kCorrupt);
}

TEST(Receipt, AnotherKindOfDocumentIsRefused) {
  EXPECT_FALSE(
      parse_receipt(write_dsse({"application/vnd.pannier.root.v1+json", write_receipt_payload(sample()), {}}),
                    "r.json")
          .ok());
}

// Thousands of models: some megabytes, read in moments.
TEST(Receipt, ThousandsOfModelsTakeMegabytes) {
  Receipt receipt = sample();
  receipt.blobs.clear();
  for (int i = 0; i < 20'000; ++i) receipt.blobs.push_back({sha256(std::to_string(i)), 1000});
  std::sort(receipt.blobs.begin(), receipt.blobs.end());
  const std::string file = write_dsse(receipt_envelope(receipt));
  EXPECT_LT(file.size(), 4 * limits::kMiB);
  EXPECT_TRUE(parse_receipt(file, "r.json").ok());
}

}  // namespace
}  // namespace pannier
