// Who vouches for a bundle: roles, policy, approvals, revocations, and roots that travel with it.
#include "carry/trust/judge.h"

#include <gtest/gtest.h>

#include "carry/trust/trust_test_kit.h"

namespace pannier {
namespace {

using namespace trust_testing;

Verdict judged(const TrustRoots& roots, const TestBundle& bundle) {
  auto verdict = judge_bundle(roots, bundle.claims());
  EXPECT_TRUE(verdict.ok()) << verdict.error().to_string();
  return verdict.ok() ? std::move(verdict).value() : Verdict{};
}

TestBundle approved(std::initializer_list<uint8_t> signers, std::initializer_list<uint8_t> reviewers) {
  TestBundle bundle = test_bundle(test_statement("plant-7", 17), signers);
  bundle.approvals.push_back(test_approval(bundle.statement.payload_digest, reviewers));
  return bundle;
}

TEST(JudgeBundle, PackerAndReviewerMakeItTrusted) {
  const Verdict verdict = judged(plain_roots(), approved({kPacker}, {kReviewer}));
  EXPECT_EQ(verdict.state, TrustState::kTrusted);
  EXPECT_EQ(verdict.missing, "");
  EXPECT_EQ(verdict.root_number, 1u);
  EXPECT_EQ(voucher_names(verdict), (std::vector<std::string>{"petra", "rita"}));
  EXPECT_TRUE(require_trust(verdict, false, "b").ok());
}

TEST(JudgeBundle, SeveralApprovalsInSeveralFilesCountTogether) {
  TrustRoot root = plain_root();
  root.policy = {{"packer", 1}, {"reviewer", 2}};
  const TrustRoots roots = roots_of({parsed(signed_root(root, {kRootA, kRootB}))});
  TestBundle bundle = approved({kPacker}, {kReviewer});
  EXPECT_EQ(judged(roots, bundle).missing, "reviewer >= 2 (1 so far)");
  bundle.approvals.push_back(test_approval(bundle.statement.payload_digest, {kReviewer}));
  EXPECT_EQ(judged(roots, bundle).missing, "reviewer >= 2 (1 so far)") << "one key counts once";
  bundle.approvals.push_back(test_approval(bundle.statement.payload_digest, {kReviewerTwo}));
  EXPECT_EQ(judged(roots, bundle).state, TrustState::kTrusted);
}

TEST(JudgeBundle, WhatIsMissingIsNamedWithARemedy) {
  const Verdict verdict = judged(plain_roots(), test_bundle(test_statement("plant-7", 17), {kPacker}));
  EXPECT_EQ(verdict.state, TrustState::kUntrusted);
  EXPECT_EQ(verdict.missing, "reviewer >= 1 (none so far)");
  const Status refused = require_trust(verdict, false, "b.pannier");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUntrusted);
  EXPECT_EQ(refused.error().message, "b.pannier: it is not trusted; missing: reviewer >= 1 (none so far)");
  EXPECT_NE(refused.error().hint.find("pannier approve FILE --key K"), std::string::npos);
  EXPECT_TRUE(require_trust(verdict, true, "b.pannier").ok());
}

TEST(JudgeBundle, OneKeyOfTwoRolesCountsForEach) {
  EXPECT_EQ(judged(plain_roots(), test_bundle(test_statement("plant-7", 1), {kBoth})).state,
            TrustState::kTrusted);
  EXPECT_EQ(judged(plain_roots(), test_bundle(test_statement("plant-7", 1), {kPacker, kReviewer})).state,
            TrustState::kTrusted)
      << "a reviewer may sign the statement itself";
}

// Whoever is packer and reviewer has only said what the contents are, not of which channel and number.
TEST(JudgeBundle, AnApprovalNeverMakesAPacker) {
  const Verdict verdict = judged(plain_roots(), approved({kReviewer}, {kBoth}));
  EXPECT_EQ(verdict.state, TrustState::kUntrusted);
  EXPECT_EQ(verdict.missing, "packer >= 1 (none so far)");
}

TEST(JudgeBundle, ApprovalsAloneLeaveItUnsigned) {
  const Verdict verdict = judged(plain_roots(), approved({}, {kBoth, kReviewer}));
  EXPECT_EQ(verdict.state, TrustState::kUnsigned);
  EXPECT_EQ(require_trust(verdict, false, "b").error().kind, ErrorKind::kUnsigned);
}

TEST(JudgeBundle, APolicyWithoutPackersStillNeedsOne) {
  TrustRoot root = plain_root();
  root.policy = {{"reviewer", 1}};
  const TrustRoots roots = roots_of({parsed(signed_root(root, {kRootA, kRootB}))});
  EXPECT_EQ(judged(roots, approved({kReviewer}, {})).missing, "packer >= 1 (none so far)");
  root.policy = {};
  const TrustRoots bare = roots_of({parsed(signed_root(root, {kRootA, kRootB}))});
  EXPECT_EQ(judged(bare, test_bundle(test_statement("c", 1), {kPacker})).state, TrustState::kTrusted);
}

TEST(JudgeBundle, RootKeysAndStrangersPackNothing) {
  const Verdict by_root = judged(plain_roots(), approved({kRootA, kRootB}, {kReviewer}));
  EXPECT_EQ(by_root.missing, "packer >= 1 (none so far)");
  const Verdict by_stranger = judged(plain_roots(), approved({kStranger}, {kReviewer}));
  EXPECT_EQ(by_stranger.missing, "packer >= 1 (none so far)");
  EXPECT_NE(by_stranger.remedy.find("keys import"), std::string::npos);
  ASSERT_EQ(by_stranger.vouchers.size(), 2u);
  EXPECT_EQ(by_stranger.vouchers[0].name, "");
  EXPECT_FALSE(by_stranger.vouchers[0].valid);
}

TEST(JudgeBundle, WithoutARootNothingIsTrusted) {
  const Verdict verdict = judged({}, approved({kPacker}, {kReviewer}));
  EXPECT_EQ(verdict.state, TrustState::kUntrusted);
  EXPECT_EQ(verdict.missing, "no root is trusted here");
  EXPECT_NE(verdict.remedy.find("keys trust"), std::string::npos);
  EXPECT_EQ(judged({}, test_bundle(test_statement("", 0), {})).state, TrustState::kUnsigned);
}

TEST(JudgeBundle, AFlippedSignatureIsAnErrorNotAMissingOne) {
  TestBundle bundle = approved({kPacker, kPackerTwo}, {kReviewer});
  bundle.envelope.signatures[0].signature[10] ^= 1;
  auto verdict = judge_bundle(plain_roots(), bundle.claims());
  ASSERT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.error().kind, ErrorKind::kUntrusted);
  bundle = approved({kPacker}, {kReviewer});
  bundle.approvals[0].signatures[0].signature[10] ^= 1;
  verdict = judge_bundle(plain_roots(), bundle.claims());
  ASSERT_FALSE(verdict.ok());
  EXPECT_NE(verdict.error().message.find("rita"), std::string::npos);
}

TEST(JudgeBundle, AnApprovalOfOtherContentsIsRefused) {
  TestBundle bundle = test_bundle(test_statement("plant-7", 17), {kPacker});
  bundle.approvals.push_back(test_approval(sha256("other contents"), {kReviewer}));
  const auto verdict = judge_bundle(plain_roots(), bundle.claims());
  ASSERT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.error().kind, ErrorKind::kUntrusted);
  EXPECT_NE(verdict.error().message.find("of other contents"), std::string::npos);
}

class JudgeRevoked : public ::testing::Test {
 protected:
  JudgeRevoked() {
    TrustRoot second = plain_root(2);
    second.policy = {};
    revoke(second, kPacker, {{"plant-7", 17}});
    second_ = parsed(signed_root(second, {kRootA, kRootB}));
    roots_ = plain_roots();
    roots_.chain.push_back(second_);
  }
  TrustRoot second_;
  TrustRoots roots_;
};

TEST_F(JudgeRevoked, WhatCameBeforeTheCutoffStillCounts) {
  EXPECT_EQ(judged(roots_, test_bundle(test_statement("plant-7", 16), {kPacker})).state,
            TrustState::kTrusted);
  for (const BundleStatement& behind :
       {test_statement("plant-7", 17), test_statement("plant-9", 1), test_statement("", 0)}) {
    const Verdict verdict = judged(roots_, test_bundle(behind, {kPacker}));
    EXPECT_EQ(verdict.state, TrustState::kUntrusted) << behind.channel;
    EXPECT_TRUE(verdict.vouchers.at(0).revoked);
    EXPECT_NE(verdict.remedy.find("revoked"), std::string::npos);
  }
  EXPECT_EQ(judged(roots_, test_bundle(test_statement("plant-7", 17), {kPacker, kPackerTwo})).state,
            TrustState::kTrusted)
      << "somebody else vouches";
}

TEST_F(JudgeRevoked, ARevocationTravelsInTheBundleAndIsAppliedFirst) {
  const TestBundle bundle = test_bundle(test_statement("plant-7", 18), {kPacker}, {second_});
  const Verdict verdict = judged(plain_roots(), bundle);
  EXPECT_EQ(verdict.state, TrustState::kUntrusted);
  EXPECT_EQ(verdict.root_number, 2u);
  ASSERT_TRUE(verdict.root.has_value());
  EXPECT_EQ(verdict.new_roots, std::vector<std::string>{write_dsse(second_.envelope)});
  EXPECT_EQ(judged(roots_, bundle).new_roots.size(), 0u) << "known already";
}

TEST_F(JudgeRevoked, ABundleCannotBringAFirstRoot) {
  const TestBundle bundle =
      test_bundle(test_statement("plant-7", 18), {kPacker, kReviewer}, {plain_roots().chain[0]});
  const Verdict verdict = judged({}, bundle);
  EXPECT_EQ(verdict.state, TrustState::kUntrusted);
  EXPECT_EQ(verdict.root_number, 0u);
  EXPECT_TRUE(verdict.new_roots.empty());
}

TEST_F(JudgeRevoked, ABrokenChainInTheBundleIsAnError) {
  const TrustRoot third = parsed(signed_root(plain_root(3), {kRootA, kRootB}));
  const TrustRoot forged = parsed(signed_root(plain_root(2), {kStranger}));
  for (const TrustRoot& root : {third, forged}) {
    const auto verdict =
        judge_bundle(plain_roots(), test_bundle(test_statement("plant-7", 18), {kBoth}, {root}).claims());
    ASSERT_FALSE(verdict.ok());
    EXPECT_EQ(verdict.error().kind, ErrorKind::kUntrusted);
  }
}

}  // namespace
}  // namespace pannier
