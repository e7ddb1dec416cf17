// Newer, the same, older, foreign: by sequence numbers, without a clock.
#include "carry/trust/freshness.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "carry/trust/trust_test_kit.h"

namespace pannier {
namespace {

using namespace trust_testing;

class FreshnessTest : public ::testing::Test {
 protected:
  FreshnessTest() { history_.take(seventeenth_); }

  FreshnessVerdict fresh(const TestBundle& bundle, const FreshnessOptions& options) {
    const auto verdict = history_.judge(bundle, options);
    EXPECT_TRUE(verdict.ok()) << verdict.error().to_string();
    return verdict.ok() ? *verdict : FreshnessVerdict{};
  }
  Error refused(const TestBundle& bundle, const FreshnessOptions& options) {
    const auto verdict = history_.judge(bundle, options);
    EXPECT_FALSE(verdict.ok());
    return verdict.ok() ? Error{} : verdict.error();
  }

  TestBundle seventeenth_ = test_bundle(test_statement("plant-7", 17), {kPacker});
  TestHistory history_;
};

TEST_F(FreshnessTest, ANewerOneMovesTheChannel) {
  for (const uint64_t sequence : {uint64_t{18}, uint64_t{99}, limits::kSequenceMax}) {
    const FreshnessVerdict verdict =
        fresh(test_bundle(test_statement("plant-7", sequence), {kPacker}), history_.options());
    EXPECT_EQ(verdict.state, Freshness::kNew) << "gaps are allowed";
    EXPECT_TRUE(verdict.moves_channel);
    EXPECT_EQ(verdict.sequence_here, 17u);
  }
}

TEST_F(FreshnessTest, TheSameAgainIsNothingToDo) {
  EXPECT_EQ(fresh(seventeenth_, history_.options()).state, Freshness::kSame);
  const TestBundle signed_once_more = test_bundle(test_statement("plant-7", 17), {kPacker, kPackerTwo});
  EXPECT_EQ(fresh(signed_once_more, history_.options()).state, Freshness::kSame);
}

TEST_F(FreshnessTest, TheSameNumberWithOtherContentsIsAFork) {
  const Error error =
      refused(test_bundle(test_statement("plant-7", 17, "other"), {kPacker}), history_.options());
  EXPECT_EQ(error.kind, ErrorKind::kUntrusted);
  EXPECT_NE(error.message.find("number 17 of channel plant-7"), std::string::npos);
  FreshnessOptions options = history_.options();
  options.allow_older = true;
  EXPECT_EQ(refused(test_bundle(test_statement("plant-7", 17, "other"), {kPacker}), options).kind,
            ErrorKind::kUntrusted)
      << "no permission helps";
}

TEST_F(FreshnessTest, AnOlderOneNeedsPermissionAndMovesNothing) {
  const TestBundle old = test_bundle(test_statement("plant-7", 16), {kPacker});
  const Error error = refused(old, history_.options());
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_EQ(error.message,
            "the bundle is number 16 of channel plant-7; number 17 was installed here already");
  EXPECT_NE(error.hint.find("--allow-older"), std::string::npos);
  FreshnessOptions options = history_.options();
  options.allow_older = true;
  const FreshnessVerdict verdict = fresh(old, options);
  EXPECT_EQ(verdict.state, Freshness::kOlderAllowed);
  EXPECT_FALSE(verdict.moves_channel) << "or the number in between could be replayed next";
}

TEST_F(FreshnessTest, AnotherChannelIsRefusedUntilItIsNamed) {
  const TestBundle foreign = test_bundle(test_statement("plant-9", 40), {kPacker});
  const Error error = refused(foreign, history_.options());
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_EQ(error.message, "the bundle is of channel plant-9; this store takes plant-7");
  FreshnessOptions options = history_.options();
  options.channels = {"plant-9"};
  EXPECT_TRUE(fresh(foreign, options).is_first_of_channel);
  EXPECT_TRUE(fresh(foreign, options).moves_channel);
  options.channels = {"plant-8"};
  EXPECT_EQ(refused(foreign, options).message,
            "the bundle is of channel plant-9; this store takes plant-7, plant-8");
}

TEST_F(FreshnessTest, TheFirstChannelIsNamedOnceToo) {
  history_.here.channels.clear();
  const Error error = refused(seventeenth_, history_.options());
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_NE(error.message.find("has taken no channel yet"), std::string::npos);
  EXPECT_NE(error.hint.find("--channel plant-7"), std::string::npos);
}

TEST_F(FreshnessTest, ABundleOfNoChannelIsAlwaysNewAndMovesNothing) {
  const FreshnessVerdict verdict = fresh(test_bundle(test_statement("", 0), {}), history_.options());
  EXPECT_EQ(verdict.state, Freshness::kNew);
  EXPECT_FALSE(verdict.moves_channel);
}

// --allow-unsigned takes the contents, not the claim to be the newest: else a stranger could number a bundle
// so high that nothing of the packer's is newer.
TEST_F(FreshnessTest, WhatNobodyVouchesForNeverMovesAChannel) {
  FreshnessOptions options = history_.options();
  options.is_trusted = false;
  EXPECT_FALSE(
      fresh(test_bundle(test_statement("plant-7", limits::kSequenceMax), {}), options).moves_channel);
  EXPECT_FALSE(fresh(test_bundle(test_statement("elsewhere", 1), {}), options).moves_channel);
  EXPECT_EQ(refused(test_bundle(test_statement("plant-7", 3), {}), options).kind, ErrorKind::kStale);
}

TEST_F(FreshnessTest, AReceiptMustBeOneOfOurs) {
  BundleStatement statement = test_statement("plant-7", 18);
  statement.receipts = {sha256("receipt of here"), sha256("receipt of there")};
  std::sort(statement.receipts.begin(), statement.receipts.end());
  const TestBundle bundle = test_bundle(statement, {kPacker});
  const Error error = refused(bundle, history_.options());
  EXPECT_EQ(error.kind, ErrorKind::kStale);
  EXPECT_NE(error.hint.find("pannier receipt"), std::string::npos);
  history_.receipts.issued = {sha256("receipt of here")};
  EXPECT_EQ(fresh(bundle, history_.options()).state, Freshness::kNew);
}

TEST_F(FreshnessTest, TheSameBundleIsStillTheSameWhenItsReceiptIsForgotten) {
  BundleStatement statement = test_statement("plant-7", 18);
  statement.receipts = {sha256("receipt of here")};
  const TestBundle bundle = test_bundle(statement, {kPacker});
  history_.take(bundle);
  EXPECT_EQ(fresh(bundle, history_.options()).state, Freshness::kSame);
}

class FastForward : public FreshnessTest {
 protected:
  // The thief's bundle was taken; then root 2 revoked the key from number 18 of plant-7 on.
  FastForward() {
    history_.take(test_bundle(test_statement("plant-7", limits::kSequenceMax, "thief's"), {kPacker}));
    TrustRoot second = plain_root(2);
    revoke(second, kPacker, {{"plant-7", 18}});
    root_ = parsed(signed_root(second, {kRootA, kRootB}));
  }
  FreshnessOptions after_revocation() {
    FreshnessOptions options = history_.options();
    options.root = &root_;
    return options;
  }
  TrustRoot root_;
};

TEST_F(FastForward, LocksTheChannelUntilTheKeyIsRevoked) {
  const TestBundle eighteenth = test_bundle(test_statement("plant-7", 18), {kPackerTwo});
  EXPECT_EQ(refused(eighteenth, history_.options()).kind, ErrorKind::kStale);
  const FreshnessVerdict verdict = fresh(eighteenth, after_revocation());
  EXPECT_EQ(verdict.state, Freshness::kNew);
  EXPECT_EQ(verdict.sequence_here, 17u);
  EXPECT_TRUE(verdict.moves_channel) << "back to 18";
}

TEST_F(FastForward, WhatCameBeforeTheCutoffStaysOld) {
  EXPECT_EQ(refused(test_bundle(test_statement("plant-7", 17), {kPackerTwo}), after_revocation()).kind,
            ErrorKind::kStale);
}

TEST_F(FastForward, ANumberThatSomebodyElseVouchesForToStays) {
  history_.take(test_bundle(test_statement("plant-7", 90), {kPacker, kPackerTwo}));
  EXPECT_EQ(refused(test_bundle(test_statement("plant-7", 18), {kPackerTwo}), after_revocation()).kind,
            ErrorKind::kStale);
}

TEST_F(FastForward, WithoutTheStatementTheNumberStays) {
  FreshnessOptions options = after_revocation();
  options.read_statement = nullptr;
  EXPECT_EQ(refused(test_bundle(test_statement("plant-7", 18), {kPackerTwo}), options).kind,
            ErrorKind::kStale);
}

}  // namespace
}  // namespace pannier
