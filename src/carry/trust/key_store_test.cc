#include "carry/trust/key_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>

#include "base/fs_faulty.h"
#include "base/fs_memory.h"
#include "base/limits.h"
#include "base/p256_testing.h"
#include "format/key_file.h"

namespace pannier {
namespace {

using p256_testing::test_key;

constexpr const char* kFolder = "/config/pannier/keys";

Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  };
}

PassphraseReader says(const char* words) {
  return [words] { return Result<Secret>(Secret(std::string(words))); };
}

class KeyStoreTest : public ::testing::Test {
 protected:
  void create(const std::string& name, uint8_t number = 7) {
    const Status made = keys_.create(name, test_key(number), Secret(std::string("words")));
    ASSERT_TRUE(made.ok()) << made.error().to_string();
  }
  std::string names() {
    const auto keys = keys_.list();
    EXPECT_TRUE(keys.ok());
    std::string all;
    for (const StoredKey& key : *keys) all += key.name + (key.has_private ? "* " : " ");
    return all;
  }
  std::string path(const std::string& name) { return std::string(kFolder) + "/" + name; }
  void write(const std::string& name, std::string_view contents) {
    ASSERT_TRUE(write_file_atomic(fs_, path(name), contents).ok());
  }

  MemoryFileSystem fs_;
  KeyStore keys_{fs_, kFolder};
};

TEST(KeyFolder, IsThePlaceThatTheEnvironmentSays) {
  EXPECT_EQ(*key_folder(environment_of({{"PANNIER_HOME", "/p"}, {"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})),
            "/p/keys");
  EXPECT_EQ(*key_folder(environment_of({{"XDG_CONFIG_HOME", "/x"}, {"HOME", "/h"}})), "/x/pannier/keys");
  EXPECT_EQ(*key_folder(environment_of({{"XDG_CONFIG_HOME", "x"}, {"HOME", "/h"}})),
            "/h/.config/pannier/keys");
  EXPECT_EQ(key_folder(environment_of({})).error().kind, ErrorKind::kInvalid);
}

TEST(KeyName, IsAPlainWord) {
  for (const char* name : {"alice", "a", "packer@plant-7", "A_b.c"})
    EXPECT_TRUE(check_key_name(name).ok()) << name;
  for (const char* name : {"", ".", "..", ".hidden", "-o", "a/b", "../a", "a b", "ä", "a\n", "a\\b"}) {
    EXPECT_EQ(check_key_name(name).error().kind, ErrorKind::kInvalid) << name;
  }
  EXPECT_TRUE(check_key_name(std::string(64, 'a')).ok());
  EXPECT_FALSE(check_key_name(std::string(65, 'a')).ok());
}

TEST_F(KeyStoreTest, WhatWasMadeIsListedAndLoaded) {
  EXPECT_EQ(names(), "");
  create("bob", 8);
  create("alice");
  EXPECT_EQ(names(), "alice* bob* ");
  EXPECT_EQ(*keys_.public_key("alice"), test_key().public_key());
  const auto key = keys_.private_key("bob", says("words"));
  ASSERT_TRUE(key.ok()) << key.error().to_string();
  EXPECT_EQ(key->public_key(), test_key(8).public_key());
  EXPECT_EQ(keys_.private_key("bob", says("other words")).error().kind, ErrorKind::kInvalid);
}

TEST_F(KeyStoreTest, AKeyIsNeverOverwritten) {
  create("alice");
  const auto before = read_small_file(fs_, path("alice.key"), 10'000);
  const Status again = keys_.create("alice", test_key(9), Secret(std::string("words")));
  EXPECT_EQ(again.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(keys_.check_free("alice").error().kind, ErrorKind::kInvalid);
  EXPECT_TRUE(keys_.check_free("bob").ok());
  EXPECT_EQ(*read_small_file(fs_, path("alice.key"), 10'000), *before);
  // Neither is a public key that is there alone.
  write("carol.pub", write_public_key_file(test_key(9).public_key()));
  EXPECT_EQ(keys_.create("carol", test_key(), Secret(std::string("words"))).error().kind,
            ErrorKind::kInvalid);
  EXPECT_EQ(names(), "alice* carol ");
}

TEST_F(KeyStoreTest, TwoKeysWithOnePassphraseShareNothing) {
  create("alice");
  create("twin");
  EXPECT_NE(*read_small_file(fs_, path("alice.key"), 10'000),
            *read_small_file(fs_, path("twin.key"), 10'000));
}

TEST_F(KeyStoreTest, WhatIsNoKeyIsLeftOut) {
  create("alice");
  write("notes.txt", "hello");
  write("broken.pub", "hello");
  write(".hidden.pub", write_public_key_file(test_key().public_key()));
  ASSERT_TRUE(fs_.make_folders(path("folder.pub")).ok());
  EXPECT_EQ(names(), "alice* ");
}

TEST_F(KeyStoreTest, MissingKeysAreToldWithThoseThatThereAre) {
  EXPECT_NE(keys_.public_key("alice").error().hint.find("keys generate"), std::string::npos);
  create("bob");
  for (const auto& error :
       {keys_.public_key("alice").error(), keys_.private_key("alice", says("words")).error()}) {
    EXPECT_EQ(error.kind, ErrorKind::kNotFound);
    EXPECT_EQ(error.hint, "there are: bob");
  }
  EXPECT_EQ(keys_.public_key("../bob").error().kind, ErrorKind::kInvalid);
}

// Somebody exchanges the public file, so that people compare and trust a key of his.
TEST_F(KeyStoreTest, AnExchangedPublicKeyIsNoticed) {
  create("alice");
  write("alice.pub", write_public_key_file(test_key(66).public_key()));
  EXPECT_EQ(keys_.private_key("alice", says("words")).error().kind, ErrorKind::kCorrupt);
}

TEST_F(KeyStoreTest, APlainKeyFileAsksForNoPassphrase) {
  const PassphraseReader nobody = [] {
    return Result<Secret>(Error{ErrorKind::kInvalid, "nobody there", ""});
  };
  create("alice");
  EXPECT_EQ(keys_.private_key("alice", nobody).error().message, "nobody there");
  // RFC 5915's own form, as `openssl ec` writes it: of the secret number 7.
  const Secret pem(
      std::string("-----BEGIN EC PRIVATE KEY-----\n"
                  "MDECAQEEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHoAoGCCqGSM49\n"
                  "AwEH\n"
                  "-----END EC PRIVATE KEY-----\n"));
  const auto key = decode_private_key(pem, nobody, "x");
  ASSERT_TRUE(key.ok()) << key.error().to_string();
  EXPECT_EQ(key->public_key(), test_key().public_key());
}

// Whatever call fails: either there is no key of that name, or one that opens; never a half.
TEST(KeyStoreFaults, AKeyIsThereWholeOrNotAtAll) {
  for (uint64_t call = 1; call < 100; ++call) {
    MemoryFileSystem memory;
    FaultPlan plan;
    plan.at_call = call;
    FaultyFileSystem faulty(memory, plan);
    KeyStore store(faulty, kFolder);
    const Status made = store.create("alice", test_key(), Secret(std::string("words")));
    KeyStore after(memory, kFolder);
    const auto key = after.private_key("alice", says("words"));
    if (made.ok()) {
      EXPECT_TRUE(key.ok());
      EXPECT_GT(call, 5u);
      return;
    }
    if (!key.ok()) {
      EXPECT_EQ(key.error().kind, ErrorKind::kNotFound) << key.error().to_string();
    }
  }
  FAIL() << "no clean run within 100 calls";
}

TEST(KeyStoreFiles, ThePrivateFileIsItsOwnersAlone) {
  const std::string folder = ::testing::TempDir() + unique_name("keys");
  KeyStore keys(real_file_system(), folder);
  ASSERT_TRUE(keys.create("alice", test_key(), Secret(std::string("words"))).ok());
  struct stat info{};
  ASSERT_EQ(::stat((folder + "/alice.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  EXPECT_EQ(real_file_system().list(folder)->size(), 2u);
  (void)real_file_system().remove_tree(folder);
}

}  // namespace
}  // namespace pannier
