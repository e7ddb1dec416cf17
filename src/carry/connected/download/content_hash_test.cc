// The digests of known contents, the names of files in work, and going back to an earlier state.
#include "carry/connected/download/content_hash.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

// `printf 'hello\n' | git hash-object --stdin`, `printf 'hello\n' | sha256sum`.
constexpr const char* kGitHello = "ce013625030ba8dba906f756967f9e9ca394464a";
constexpr const char* kShaHello = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

UpstreamId git_hello() { return {std::nullopt, *sha1_from_hex(kGitHello)}; }

TEST(ContentHash, TakesBothDigestsInOnePass) {
  ContentHash hash(git_hello(), 6);
  hash.update(as_bytes("hel"));
  hash.update(as_bytes("lo\n"));
  const ContentDigests digests = hash.finish();
  EXPECT_EQ(digests.sha256.hex(), kShaHello);
  ASSERT_TRUE(digests.git_blob.has_value());
  EXPECT_EQ(digests.git_blob->hex(), kGitHello);
  EXPECT_TRUE(digests.match(git_hello()));
}

TEST(ContentHash, EveryDigestOfTheIdMustMatch) {
  ContentHash hash(git_hello(), 6);
  hash.update(as_bytes("hello\n"));
  const ContentDigests digests = hash.finish();
  UpstreamId both = git_hello();
  both.sha256 = *digest_from_hex(kShaHello);
  EXPECT_TRUE(digests.match(both));
  both.sha256->bytes[31] ^= 1;
  EXPECT_FALSE(digests.match(both));
  both.sha256->bytes[31] ^= 1;
  both.git_blob->bytes[0] ^= 1;
  EXPECT_FALSE(digests.match(both));
  EXPECT_EQ(digests_text(digests, both), std::string("git blob ") + kGitHello)
      << "shows the one that differs";
}

TEST(ContentHash, ACopyIsAStateToGoBackTo) {
  ContentHash hash(git_hello(), 6);
  hash.update(as_bytes("hel"));
  const ContentHash before = hash;
  hash.update(as_bytes("damaged"));
  hash = before;
  hash.update(as_bytes("lo\n"));
  EXPECT_TRUE(hash.finish().match(git_hello()));
}

TEST(ContentHash, NamesOfKeysTellContentsAndSizeOnly) {
  EXPECT_EQ((DownloadKey{git_hello(), 6}.name()), std::string("git-") + kGitHello + "-6");
  UpstreamId both = git_hello();
  both.sha256 = *digest_from_hex(kShaHello);
  EXPECT_EQ((DownloadKey{both, 6}.name()), std::string("sha256-") + kShaHello + "-6");
}

}  // namespace
}  // namespace pannier
