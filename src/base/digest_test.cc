#include "base/digest.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

// FIPS 180-4 examples.
TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')).hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, StreamingEqualsOneCallAndStartsAfresh) {
  Sha256 hash;
  for (int round = 0; round < 2; ++round) {
    hash.update("a");
    hash.update("");
    hash.update("bc");
    EXPECT_EQ(hash.finish(), sha256("abc"));
  }
}

// What `git hash-object` prints for these contents.
TEST(GitBlobHash, NamesContentsAsGitDoes) {
  EXPECT_EQ(GitBlobHash(0).finish().hex(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
  GitBlobHash hash(6);
  hash.update(as_bytes(std::string_view("hel")));
  hash.update(as_bytes(std::string_view("lo\n")));
  const Sha1 sha1 = hash.finish();
  EXPECT_EQ(sha1.hex(), "ce013625030ba8dba906f756967f9e9ca394464a");
  EXPECT_EQ(*sha1_from_hex(sha1.hex()), sha1);
  EXPECT_EQ(sha1_from_hex(sha1.hex() + "0").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(sha1_from_hex(std::string(40, 'G')).error().kind, ErrorKind::kCorrupt);
}

TEST(Digest, TextForms) {
  const Digest digest = sha256("abc");
  EXPECT_EQ(*digest_from_hex(digest.hex()), digest);
  EXPECT_EQ(*digest_from_oci(digest.oci()), digest);
  EXPECT_EQ(digest_from_oci("sha512:00").error().kind, ErrorKind::kUnsupported);
  std::string upper = digest.hex();
  upper[1] = 'A';
  for (const std::string& text :
       {upper, digest.hex() + "0", digest.hex().substr(1), std::string(64, 'g'), std::string()}) {
    EXPECT_EQ(digest_from_hex(text).error().kind, ErrorKind::kCorrupt) << text;
  }
  EXPECT_FALSE(digest_from_oci("sha256").ok());
  EXPECT_FALSE(digest_from_oci("sha256:").ok());
}

}  // namespace
}  // namespace pannier
