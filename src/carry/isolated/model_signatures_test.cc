// Model signatures as a root sees them: by its keys, by others, and those that do not hold.
#include "carry/isolated/model_signatures.h"

#include <gtest/gtest.h>

#include "format/model_signature.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using namespace trust_testing;

class ModelSignaturesTest : public testing::Test {
 protected:
  static std::vector<ModelFile> files() {
    return {{"config.json", false, 2, sha256("{}")}, {"model.safetensors", false, 7, sha256("weights")}};
  }

  // The model, and in `contents_` a signature by this key over `signed_files`.
  BundleModel signed_by(uint8_t seed, const std::vector<ModelFile>& signed_files = files()) {
    const auto json = sign_model("m", signed_files, test_key(seed));
    EXPECT_TRUE(json.ok());
    return with_signature(*json);
  }
  BundleModel with_signature(const std::string& json) {
    BundleModel model;
    model.name = "m";
    model.files = files();
    model.signatures = {{sha256(json), json.size()}};
    contents_[sha256(json)] = json;
    return model;
  }
  Result<std::vector<SignedModel>> check(const BundleModel& model, const TrustRoot* root) const {
    return check_model_signatures({model}, contents_, root, "x.pannier");
  }

  const TrustRoot root_ = plain_root();
  std::map<Digest, std::string> contents_;
};

TEST_F(ModelSignaturesTest, AKeyOfTheRootIsNamed) {
  const auto found = check(signed_by(kPacker), &root_);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ((*found)[0].model, "m");
  EXPECT_EQ((*found)[0].signer, "petra");
  EXPECT_FALSE((*found)[0].revoked);
}

TEST_F(ModelSignaturesTest, AKeyThatNobodyKnowsVouchesForNothing) {
  const auto found = check(signed_by(kStranger), &root_);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  ASSERT_EQ(found->size(), 1u);
  EXPECT_TRUE((*found)[0].signer.empty());
}

TEST_F(ModelSignaturesTest, WithoutARootNoKeyIsKnown) {
  const auto found = check(signed_by(kPacker), nullptr);
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->at(0).signer.empty());
}

TEST_F(ModelSignaturesTest, ARevokedKeyIsToldAsRevoked) {
  TrustRoot root = plain_root(2);
  revoke(root, kPacker, {});
  const auto found = check(signed_by(kPacker), &root);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  EXPECT_EQ(found->at(0).signer, "petra");
  EXPECT_TRUE(found->at(0).revoked);
}

TEST_F(ModelSignaturesTest, AKnownKeyOverOtherFilesIsRefused) {
  auto others = files();
  others[1].digest = sha256("other weights");
  const auto found = check(signed_by(kPacker, others), &root_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::kUntrusted);
  EXPECT_NE(found.error().message.find("by petra does not hold"), std::string::npos) << found.error().message;
}

// The signature names petra's key, and a stranger made it.
TEST_F(ModelSignaturesTest, ASignatureUnderAnothersNameIsRefused) {
  auto json = sign_model("m", files(), test_key(kStranger));
  ASSERT_TRUE(json.ok());
  const std::string strangers = model_key_hint(test_key(kStranger).public_key());
  const size_t at = json->find(strangers);
  ASSERT_NE(at, std::string::npos);
  json->replace(at, strangers.size(), model_key_hint(test_key(kPacker).public_key()));
  const auto found = check(with_signature(*json), &root_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::kUntrusted);
}

TEST_F(ModelSignaturesTest, WhatIsNoSignatureIsCorrupt) {
  const auto found = check(with_signature("not JSON"), &root_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(found.error().message.find("the signature of m"), std::string::npos) << found.error().message;
}

// A bundle whose signatures were too many to keep: listed, and nobody vouches.
TEST_F(ModelSignaturesTest, ContentsThatWereNotKeptVouchForNothing) {
  const BundleModel model = signed_by(kPacker);
  contents_.clear();
  const auto found = check(model, &root_);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_TRUE(found->at(0).signer.empty());
}

}  // namespace
}  // namespace pannier
