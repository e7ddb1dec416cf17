// The head of a bundle: what stands at its front must be what the statement says, entry by entry.
#include "carry/transport/head_reader.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "base/limits.h"
#include "carry/trust/trust_test_kit.h"
#include "format/tar.h"

namespace pannier {
namespace {

using namespace trust_testing;

const std::string kWhat = "x.pannier";

std::string entry(std::string_view path, const std::string& contents) {
  TarEntry header;
  header.path = path;
  header.bytes = contents.size();
  return write_tar_header(header) + contents + std::string(tar_padding_bytes(contents.size()), '\0');
}

Result<OpenedHead> read_head(const std::string& bytes) {
  MemoryFileSystem fs;
  {
    auto file = fs.create("x");
    PANNIER_TRY((*file)->append(as_bytes(bytes)));
    PANNIER_TRY((*file)->close());
  }
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open("x"));
  return HeadReader(*file, kWhat).read_head();
}

// A signed bundle that brings root 1.
TestBundle carrying_roots() {
  return test_bundle(test_statement("plant-7", 3), {kPacker}, plain_roots().chain);
}

std::string head_of(const TestBundle& bundle, const std::string& trust_json) {
  return entry(kBundleStatementPath, bundle.file()) + entry(kBundleTrustPath, trust_json);
}

TEST(HeadReader, GivesStatementSignaturesAndRoots) {
  const TestBundle bundle = carrying_roots();
  const auto head = read_head(head_of(bundle, bundle.trust_json));
  ASSERT_TRUE(head.ok()) << head.error().to_string();
  EXPECT_EQ(head->statement_json, bundle.file());
  EXPECT_EQ(head->statement, bundle.statement);
  EXPECT_EQ(head->envelope.signatures, bundle.envelope.signatures);
  EXPECT_EQ(head->trust_json, bundle.trust_json);
}

TEST(HeadReader, WithoutRootsNothingBehindTheStatementIsRead) {
  const TestBundle bundle = test_bundle(test_statement("plant-7", 3), {kPacker});
  const auto head = read_head(entry(kBundleStatementPath, bundle.file()) + "garbage");
  ASSERT_TRUE(head.ok()) << head.error().to_string();
  EXPECT_TRUE(head->trust_json.empty());
}

TEST(HeadReader, RootsOfAnotherDigestAreRefused) {
  const TestBundle bundle = carrying_roots();
  std::string forged = bundle.trust_json;
  forged[forged.size() / 2] ^= 1;
  const auto head = read_head(head_of(bundle, forged));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(head.error().message.find("does not match the digest in the statement"), std::string::npos);
}

TEST(HeadReader, RootsOfAnotherLengthAreRefused) {
  const TestBundle bundle = carrying_roots();
  for (const std::string& forged : {bundle.trust_json + " ", bundle.trust_json.substr(1), std::string()}) {
    const auto head = read_head(head_of(bundle, forged));
    ASSERT_FALSE(head.ok()) << forged.size();
    EXPECT_EQ(head.error().kind, ErrorKind::kCorrupt);
  }
}

// The digest is right and the length that the statement says is not.
TEST(HeadReader, AStatementThatLiesOfTheLengthOfItsRootsIsRefused) {
  TestBundle bundle = carrying_roots();
  BundleStatement lying = bundle.statement;
  ++lying.trust->bytes;
  const auto head = read_head(entry(kBundleStatementPath, write_bundle_statement(lying)) +
                              entry(kBundleTrustPath, bundle.trust_json));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().kind, ErrorKind::kCorrupt);
}

TEST(HeadReader, TheIndexInThePlaceOfTheRootsIsNamed) {
  const TestBundle bundle = carrying_roots();
  const auto head = read_head(entry(kBundleStatementPath, bundle.file()) + entry("pannier/index.json", "{}"));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(head.error().message.find("\"pannier/index.json\" stands in its place"), std::string::npos)
      << head.error().message;
}

// The length in the header is refused before anything of that size is asked of memory or the file.
TEST(HeadReader, RootsAboveTheLimitAreNotRead) {
  const TestBundle bundle = carrying_roots();
  TarEntry header;
  header.path = kBundleTrustPath;
  header.bytes = limits::kTrustBytesMax + 1;
  const auto head = read_head(entry(kBundleStatementPath, bundle.file()) + write_tar_header(header));
  ASSERT_FALSE(head.ok());
  EXPECT_EQ(head.error().kind, ErrorKind::kLimit);
  header.bytes = limits::kTrustBytesMax;
  EXPECT_EQ(read_head(entry(kBundleStatementPath, bundle.file()) + write_tar_header(header)).error().kind,
            ErrorKind::kIncomplete);
}

TEST(HeadReader, PaddingThatHidesBytesIsRefused) {
  const TestBundle bundle = carrying_roots();
  std::string bytes = head_of(bundle, bundle.trust_json);
  ASSERT_GT(tar_padding_bytes(bundle.trust_json.size()), 0u);
  bytes.back() = 'x';
  const auto head = read_head(bytes);
  ASSERT_FALSE(head.ok());
  EXPECT_NE(head.error().message.find("padding"), std::string::npos) << head.error().message;
}

TEST(HeadReader, EveryCutIsIncompleteAndTellsHowMuchIsMissing) {
  const TestBundle bundle = carrying_roots();
  const std::string bytes = head_of(bundle, bundle.trust_json);
  for (size_t length = kTarBlockBytes; length < bytes.size(); length += 37) {
    const auto head = read_head(bytes.substr(0, length));
    ASSERT_FALSE(head.ok()) << length;
    EXPECT_EQ(head.error().kind, ErrorKind::kIncomplete) << head.error().to_string();
    EXPECT_NE(head.error().message.find("ends at byte " + std::to_string(length)), std::string::npos);
  }
}

TEST(HeadReader, WhatIsNoTarIsSaidToBeNoBundle) {
  const auto head = read_head(std::string(2000, 'a'));
  ASSERT_FALSE(head.ok());
  EXPECT_NE(head.error().message.find("is not a bundle"), std::string::npos);
}

}  // namespace
}  // namespace pannier
