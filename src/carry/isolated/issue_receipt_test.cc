#include "carry/isolated/issue_receipt.h"

#include <gtest/gtest.h>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "carry/audit/audit_log.h"
#include "carry/store/receipts.h"
#include "carry/store/store_testing.h"

namespace pannier {
namespace {

using store_testing::put_models;

const std::string kRoot = "/store";
const Environment kNoEnvironment = [](const std::string&) { return std::string(); };

std::unique_ptr<Store> store_with(FileSystem& fs, const std::map<std::string, store_testing::Files>& models) {
  EXPECT_TRUE(put_models(fs, kRoot, models).ok());
  return Store::open(fs, kRoot).value();
}

TEST(IssueReceipt, ListsEverythingThatTheStoreNames) {
  MemoryFileSystem fs;
  const auto store = store_with(fs, {{"a", {{"config.json", "{}"}, {"README.md", "same"}}},
                                     {"b", {{"README.md", "same"}, {"model.bin", "weights"}}}});
  const auto made = issue_receipt(fs, *store, nullptr, kNoEnvironment);
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  const Receipt& receipt = made->receipt.receipt;
  EXPECT_EQ(receipt.generation, 1u);
  ASSERT_EQ(receipt.references.size(), 2u);
  EXPECT_EQ(receipt.references[1].name, "b");
  for (const char* contents : {"{}", "same", "weights"}) EXPECT_TRUE(holds(receipt, sha256(contents)));
  EXPECT_TRUE(holds(receipt, receipt.references[0].manifest));
  EXPECT_EQ(receipt.blobs.size(), 3u + 2u + 2u);  // files (one of them shared), manifests, configurations
  EXPECT_EQ(made->missing_count, 0u);
  const auto read = parse_receipt(made->file_bytes, "file");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->receipt, receipt);
}

TEST(IssueReceipt, BlobThatIsGoneOrCutIsLeftOut) {
  MemoryFileSystem fs;
  const auto store = store_with(fs, {{"a", {{"one", "1"}, {"two", "22"}, {"three", "333"}}}});
  ASSERT_TRUE(fs.remove_file(store->blob_path(sha256("1"))).ok());
  ASSERT_TRUE(fs.open_or_create(store->blob_path(sha256("22"))).value()->resize(1).ok());
  const auto made = issue_receipt(fs, *store, nullptr, kNoEnvironment).value();
  EXPECT_FALSE(holds(made.receipt.receipt, sha256("1")));
  EXPECT_FALSE(holds(made.receipt.receipt, sha256("22")));
  EXPECT_TRUE(holds(made.receipt.receipt, sha256("333")));
  EXPECT_EQ(made.missing_count, 2u);
}

TEST(IssueReceipt, StaysWithTheStoreAndInItsLog) {
  MemoryFileSystem fs;
  const auto store = store_with(fs, {{"a", {{"one", "1"}}}});
  const NewReceipt first = issue_receipt(fs, *store, nullptr, kNoEnvironment).value();
  EXPECT_TRUE(receipt_issued_here(fs, kRoot, first.receipt.payload_digest).value());
  EXPECT_FALSE(receipt_issued_here(fs, kRoot, sha256("another")).value());
  EXPECT_EQ(first.receipt.receipt.log_count, 0u);
  // The log's head is in the next one: it says that the first was issued, and nothing can be cut off before.
  const NewReceipt second = issue_receipt(fs, *store, nullptr, kNoEnvironment).value();
  EXPECT_EQ(second.receipt.receipt.log_count, 1u);
  EXPECT_EQ(second.receipt.receipt.store_id, first.receipt.receipt.store_id);
  const std::vector<IssuedReceipt> issued = issued_receipts(fs, kRoot).value();
  ASSERT_EQ(issued.size(), 2u);
  EXPECT_EQ(issued[0].payload, second.receipt.payload_digest);  // the newest first
}

TEST(IssueReceipt, OnlyTheNewestKeepTheirBlobs) {
  MemoryFileSystem fs;
  auto store = store_with(fs, {{"a", {{"one", "old"}}}});
  ASSERT_TRUE(issue_receipt(fs, *store, nullptr, kNoEnvironment).ok());
  store = store_with(fs, {{"a", {{"one", "new"}}}});
  const NewReceipt second = issue_receipt(fs, *store, nullptr, kNoEnvironment).value();
  const auto names = [&](uint64_t count, const char* contents) {
    const auto blobs = receipt_blobs(issued_receipts(fs, kRoot).value(), count);
    return std::binary_search(blobs.begin(), blobs.end(), BlobInfo{sha256(contents), 3});
  };
  EXPECT_TRUE(names(2, "old"));
  EXPECT_TRUE(names(2, "new"));
  EXPECT_FALSE(names(1, "old"));
  EXPECT_TRUE(names(1, "new"));
  EXPECT_EQ(forget_receipts(fs, kRoot, issued_receipts(fs, kRoot).value(), 1).value(), 1u);
  EXPECT_EQ(issued_receipts(fs, kRoot).value().size(), 1u);
  EXPECT_TRUE(receipt_issued_here(fs, kRoot, second.receipt.payload_digest).value());
}

TEST(IssueReceipt, IsSignedByTheKeyThatIsGiven) {
  MemoryFileSystem fs;
  const auto store = store_with(fs, {{"a", {{"one", "1"}}}});
  const P256PrivateKey key = P256PrivateKey::generate().value();
  const NewReceipt made = issue_receipt(fs, *store, &key, kNoEnvironment).value();
  const SignedReceipt read = parse_receipt(made.file_bytes, "file").value();
  ASSERT_EQ(read.envelope.signatures.size(), 1u);
  EXPECT_TRUE(verify_p256(key.public_key(),
                          as_bytes(dsse_signed_bytes(read.envelope.payload_type, read.envelope.payload)),
                          read.envelope.signatures[0].signature));
}

TEST(IssueReceipt, DamagedReceiptOfTheStoreIsNamed) {
  MemoryFileSystem fs;
  const auto store = store_with(fs, {{"a", {{"one", "1"}}}});
  const NewReceipt made = issue_receipt(fs, *store, nullptr, kNoEnvironment).value();
  ASSERT_TRUE(write_file_atomic(fs, receipt_path(kRoot, made.receipt.payload_digest), "{}").ok());
  EXPECT_EQ(issued_receipts(fs, kRoot).error().kind, ErrorKind::kCorrupt);
}

// Whatever call fails: either there is a receipt whose file and log line are whole, or an error.
TEST(IssueReceipt, FailsWholeAtEveryCall) {
  for (uint64_t call = 1;; ++call) {
    SCOPED_TRACE(call);
    MemoryFileSystem memory;
    const auto unused = store_with(memory, {{"a", {{"one", "1"}}}});
    FaultyFileSystem fs(memory, {.at_call = call});
    const auto store = Store::open(fs, kRoot);
    if (!store.ok()) continue;
    const auto made = issue_receipt(fs, **store, nullptr, kNoEnvironment);
    if (made.ok()) {
      EXPECT_TRUE(receipt_issued_here(memory, kRoot, made->receipt.payload_digest).value());
      EXPECT_EQ(audit_head(memory, audit_log_path(kRoot))->count, 1u);
    }
    EXPECT_TRUE(issued_receipts(memory, kRoot).ok());
    if (!fs.was_hit()) break;
    ASSERT_LT(call, 200u);
  }
}

}  // namespace
}  // namespace pannier
