// Making the next root, and what a revocation touches.
#include "carry/trust/root_draft.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "carry/store/store_testing.h"
#include "carry/trust/trust_test_kit.h"

namespace pannier {
namespace {

using namespace trust_testing;

TrustRoot draft() { return next_root(parsed(signed_root(plain_root(), {kRootA, kRootB}))); }

TEST(RootDraft, TheNextRootHasTheNextNumberAndNoSignatures) {
  const TrustRoot next = draft();
  EXPECT_EQ(next.number, 2u);
  EXPECT_TRUE(next.envelope.signatures.empty());
  EXPECT_EQ(next.keys, plain_root().keys);
}

TEST(RootDraft, AKeyGetsRolesUnderOneName) {
  TrustRoot root = draft();
  const P256PublicKey key = test_key(90).public_key();
  ASSERT_TRUE(add_root_key(root, key, "nina", kRoleReviewer).ok());
  ASSERT_TRUE(add_root_key(root, key, "nina", kRolePacker).ok());
  EXPECT_EQ(root.live_key(std::string_view("nina"))->roles, (std::vector<std::string>{"packer", "reviewer"}));
  EXPECT_TRUE(check_trust_root(root).ok());
  EXPECT_FALSE(add_root_key(root, key, "nina", kRolePacker).ok()) << "has it already";
  EXPECT_FALSE(add_root_key(root, key, "nora", kRoleRoot).ok()) << "one key, one name";
  EXPECT_FALSE(add_root_key(root, test_key(91).public_key(), "nina", kRoleRoot).ok()) << "one name, one key";
  EXPECT_FALSE(add_root_key(root, test_key(91).public_key(), "n/na", kRoleRoot).ok());
}

TEST(RootDraft, KeysAreTakenOutByNameOrId) {
  TrustRoot root = draft();
  ASSERT_TRUE(remove_root_key(root, "paul").ok());
  ASSERT_TRUE(remove_root_key(root, test_key_id(kPacker).hex().substr(0, 8)).ok());
  EXPECT_EQ(root.keys.size(), 6u);
  const Status missing = remove_root_key(root, "paul");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(missing.error().hint.find("ralf"), std::string::npos);
  EXPECT_FALSE(remove_root_key(root, test_key_id(kBoth).hex().substr(0, 7)).ok()) << "too few digits";
}

TEST(RootDraft, ARevokedKeyIsRememberedAndStaysOut) {
  TrustRoot root = draft();
  ASSERT_TRUE(revoke_root_key(root, "petra", {{"plant-7", 17}}, "lost").ok());
  ASSERT_EQ(root.revoked.size(), 1u);
  EXPECT_EQ(root.live_key(std::string_view("petra")), nullptr);
  EXPECT_FALSE(add_root_key(root, test_key(kPacker).public_key(), "petra", kRolePacker).ok());
  ASSERT_TRUE(revoke_root_key(root, "petra", {{"plant-7", 9}}, "earlier than thought").ok());
  ASSERT_EQ(root.revoked.size(), 1u);
  EXPECT_EQ(root.revoked[0].cutoffs[0].sequence, 9u);
  EXPECT_TRUE(check_trust_root(root).ok());
  EXPECT_FALSE(revoke_root_key(root, "nobody", {}, "").ok());
}

TEST(RootDraft, ANewKeyMayTakeTheNameOfARevokedOne) {
  TrustRoot root = draft();
  ASSERT_TRUE(revoke_root_key(root, "petra", {}, "lost").ok());
  ASSERT_TRUE(add_root_key(root, test_key(90).public_key(), "petra", kRolePacker).ok());
  ASSERT_TRUE(revoke_root_key(root, "petra", {}, "lost again").ok());
  EXPECT_EQ(root.revoked.size(), 2u);
  EXPECT_TRUE(check_trust_root(root).ok());
}

TEST(RootDraft, PoliciesAreReadAsTheyAreShown) {
  const auto policy = parse_policy("reviewer>=2 , packer >= 1");
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(*policy, (std::vector<RoleCount>{{"packer", 1}, {"reviewer", 2}}));
  TrustRoot root = draft();
  root.policy = *policy;
  EXPECT_EQ(policy_text(root), "packer >= 1, reviewer >= 2");
  root.policy = *parse_policy("reviewer >= 0");
  EXPECT_EQ(policy_text(root), "packer >= 1");
  for (const char* bad : {"", "packer", "packer > 1", "packer >= x", "packer >= -1", "receiver >= 1",
                          "packer >= 1,", "packer >= 1, packer >= 2", "packer >= 99999999999"}) {
    EXPECT_FALSE(parse_policy(bad).ok()) << bad;
  }
}

TEST(RootDraft, CutoffsAreReadAsChannelAndNumber) {
  EXPECT_EQ(*parse_cutoff("plant-7=17"), (RevocationCutoff{"plant-7", 17}));
  for (const char* bad : {"", "plant-7", "plant-7=", "plant-7=0", "=17", "a b=17", "plant-7=17x",
                          "plant-7=-1", "plant-7=9007199254740992"}) {
    EXPECT_FALSE(parse_cutoff(bad).ok()) << bad;
  }
}

TEST(RootDraft, WarnsOfWhatNobodyCanMeet) {
  TrustRoot root = draft();
  EXPECT_TRUE(root_warnings(root).empty());
  root.policy = {{"reviewer", 9}};
  EXPECT_EQ(root_warnings(root).at(0), "no bundle can meet the policy: reviewer >= 9, but the root names 3");
  root.policy = {};
  root.threshold = 3;
  EXPECT_NE(root_warnings(root).at(0).find("add a spare"), std::string::npos);
}

class TouchedTest : public ::testing::Test {
 protected:
  // Installs a model that came with this bundle.
  void put(const std::string& name, const TestBundle& bundle) {
    const auto store = Store::open_or_create(fs_, "/store");
    ASSERT_TRUE(store.ok());
    const auto writer = (*store)->begin();
    ASSERT_TRUE(writer.ok());
    auto reference = store_testing::stage_model(**writer, name, {{"config.json", name}});
    ASSERT_TRUE(reference.ok());
    reference->origin = *(*writer)->add_blob(bundle.file());
    const auto committed = (*writer)->commit({*reference});
    ASSERT_TRUE(committed.ok()) << committed.error().to_string();
  }
  std::vector<std::string> touched() {
    TrustRoot root = draft();
    EXPECT_TRUE(revoke_root_key(root, "petra", {{"plant-7", 17}}, "lost").ok());
    const auto store = Store::open(fs_, "/store");
    const auto found = touched_by_revocations(fs_, **store, root);
    EXPECT_TRUE(found.ok()) << found.error().to_string();
    std::vector<std::string> names;
    for (const TouchedReference& one : *found) names.push_back(one.name + " by " + one.key_name);
    return names;
  }
  MemoryFileSystem fs_;
};

TEST_F(TouchedTest, ListsWhatTheKeySignedAtOrBehindTheCutoff) {
  put("before", test_bundle(test_statement("plant-7", 16), {kPacker}));
  put("at", test_bundle(test_statement("plant-7", 17), {kPacker}));
  put("elsewhere", test_bundle(test_statement("plant-9", 1), {kPacker}));
  put("of-no-channel", test_bundle(test_statement("", 0), {kPacker}));
  put("by-paul", test_bundle(test_statement("plant-7", 18), {kPackerTwo}));
  put("by-both", test_bundle(test_statement("plant-7", 19), {kPacker, kPackerTwo}));
  ASSERT_TRUE(store_testing::put_models(fs_, "/store", {{"fetched", {{"a", "b"}}}}).ok());
  EXPECT_EQ(touched(),
            (std::vector<std::string>{"at by petra", "elsewhere by petra", "of-no-channel by petra"}));
}

}  // namespace
}  // namespace pannier
