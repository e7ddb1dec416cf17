#include "carry/packing/read_receipts.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/transport/bundle_test_kit.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using bundle_test::write_file;
using namespace trust_testing;

constexpr uint8_t kReceiver = 41;

Receipt receipt_of_generation(uint64_t generation) {
  Receipt receipt;
  receipt.store_id = std::string(32, 'a');
  receipt.generation = generation;
  receipt.blobs = {{sha256("contents"), 8}};
  return receipt;
}

// Our root: petra packs, plant-7 receives.
TrustRoots our_roots() {
  TrustRoot root = plain_root();
  root.keys.push_back(root_key(kReceiver, "plant-7", {"receiver"}));
  TrustRoots roots;
  roots.chain.push_back(parsed(signed_root(root, {kRootA, kRootB})));
  return roots;
}

class ReadReceipts : public ::testing::Test {
 protected:
  DsseEnvelope put(const std::string& path, uint64_t generation, std::initializer_list<uint8_t> signers) {
    DsseEnvelope envelope = receipt_envelope(receipt_of_generation(generation));
    for (const uint8_t seed : signers) sign_envelope(envelope, test_key(seed));
    write_file(fs_, path, write_dsse(envelope));
    return envelope;
  }

  MemoryFileSystem fs_;
};

TEST_F(ReadReceipts, NamesTheReceiversThatSigned) {
  put("a.receipt", 1, {kReceiver});
  put("b.receipt", 2, {});
  const auto read = read_receipts(fs_, {"a.receipt", "b.receipt"}, our_roots());
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at(0).path, "a.receipt");
  EXPECT_EQ(read->at(0).signed_receipt.receipt, receipt_of_generation(1));
  EXPECT_EQ(read->at(0).signers, std::vector<std::string>{"plant-7"});
  EXPECT_EQ(read->at(1).signed_receipt.receipt.generation, 2u);
  EXPECT_TRUE(read->at(1).signers.empty());
}

// Keys without the role, keys of nobody and a root that is not there vouch for nothing, and stop nothing.
TEST_F(ReadReceipts, WhoIsNoReceiverDoesNotVouch) {
  put("a.receipt", 1, {kPacker, kStranger});
  EXPECT_TRUE(read_receipts(fs_, {"a.receipt"}, our_roots())->front().signers.empty());
  put("b.receipt", 2, {kReceiver});
  EXPECT_TRUE(read_receipts(fs_, {"b.receipt"}, TrustRoots{})->front().signers.empty());
}

// The signature of one receipt on the contents of another.
TEST_F(ReadReceipts, MovedSignatureIsRefused) {
  DsseEnvelope forged = receipt_envelope(receipt_of_generation(2));
  forged.signatures = put("a.receipt", 1, {kReceiver}).signatures;
  write_file(fs_, "forged.receipt", write_dsse(forged));
  const auto read = read_receipts(fs_, {"forged.receipt"}, our_roots());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kUntrusted);
  EXPECT_NE(read.error().message.find("plant-7"), std::string::npos) << read.error().to_string();
}

// Signed or not, it is the same receipt: its payload says which.
TEST_F(ReadReceipts, TheSameReceiptTwiceIsRefused) {
  put("a.receipt", 1, {kReceiver});
  put("copy.receipt", 1, {});
  const auto read = read_receipts(fs_, {"a.receipt", "copy.receipt"}, our_roots());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(read.error().message.find("copy.receipt"), std::string::npos);
}

TEST_F(ReadReceipts, MoreThanABundleCanNameAreRefused) {
  std::vector<std::string> paths;
  for (uint64_t i = 0; i < limits::kReceiptsPerBundleMax; ++i) {
    paths.push_back(std::to_string(i));
    put(paths.back(), i, {});
  }
  EXPECT_TRUE(read_receipts(fs_, paths, TrustRoots{}).ok());
  paths.push_back("one more");
  put(paths.back(), 1000, {});
  EXPECT_EQ(read_receipts(fs_, paths, TrustRoots{}).error().kind, ErrorKind::kInvalid);
}

TEST_F(ReadReceipts, AbsentAndDamagedFiles) {
  EXPECT_EQ(read_receipts(fs_, {"nowhere"}, our_roots()).error().kind, ErrorKind::kNotFound);
  const std::string whole = write_dsse(receipt_envelope(receipt_of_generation(1)));
  write_file(fs_, "a.receipt", whole.substr(0, whole.size() - 1));
  const auto read = read_receipts(fs_, {"a.receipt"}, our_roots());
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(read.error().message.find("a.receipt"), std::string::npos);
}

}  // namespace
}  // namespace pannier
