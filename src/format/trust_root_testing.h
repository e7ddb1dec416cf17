// For tests only: keys that are always the same, and roots signed by them.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/p256_testing.h"
#include "format/trust_root.h"

namespace pannier::trust_testing {

using p256_testing::test_key;

inline Digest test_key_id(uint8_t seed) { return key_id(test_key(seed).public_key()); }

inline RootKey root_key(uint8_t seed, std::string name, std::vector<std::string> roles) {
  return {test_key(seed).public_key(), std::move(name), std::move(roles)};
}

// Who is who in the tests.
inline constexpr uint8_t kRootA = 1;
inline constexpr uint8_t kRootB = 2;
inline constexpr uint8_t kRootC = 3;
inline constexpr uint8_t kPacker = 11;
inline constexpr uint8_t kPackerTwo = 12;
inline constexpr uint8_t kReviewer = 21;
inline constexpr uint8_t kReviewerTwo = 22;
inline constexpr uint8_t kBoth = 31;       // packer and reviewer
inline constexpr uint8_t kStranger = 200;  // in no root

// Root 1: three root keys of which two must sign, two packers, two reviewers, one key for both.
inline TrustRoot plain_root(uint64_t number = 1) {
  TrustRoot root;
  root.number = number;
  root.name = "Plant 7";
  root.threshold = 2;
  root.keys = {root_key(kRootA, "root-a", {"root"}),         root_key(kRootB, "root-b", {"root"}),
               root_key(kRootC, "root-c", {"root"}),         root_key(kPacker, "petra", {"packer"}),
               root_key(kPackerTwo, "paul", {"packer"}),     root_key(kReviewer, "rita", {"reviewer"}),
               root_key(kReviewerTwo, "ralf", {"reviewer"}), root_key(kBoth, "bo", {"packer", "reviewer"})};
  root.policy = {{"packer", 1}, {"reviewer", 1}};
  sort_trust_root(root);
  return root;
}

// The root with the signatures of these keys, as its file.
inline std::string signed_root(TrustRoot root, std::initializer_list<uint8_t> signers) {
  sort_trust_root(root);
  DsseEnvelope envelope = trust_root_envelope(root);
  for (const uint8_t seed : signers) sign_envelope(envelope, test_key(seed));
  return write_dsse(envelope);
}

inline TrustRoot parsed(const std::string& file) {
  auto root = parse_trust_root(file, "a test root");
  EXPECT_TRUE(root.ok()) << (root.ok() ? "" : root.error().to_string());
  return root.ok() ? std::move(root).value() : TrustRoot{};
}

// Moves a live key to the revoked ones.
inline void revoke(TrustRoot& root, uint8_t seed, std::vector<RevocationCutoff> cutoffs,
                   std::string reason = "stolen") {
  const RootKey* live = root.live_key(test_key_id(seed));
  ASSERT_NE(live, nullptr);
  const RootKey key = *live;
  std::erase(root.keys, key);
  root.revoked.push_back({key, std::move(cutoffs), std::move(reason)});
  sort_trust_root(root);
}

}  // namespace pannier::trust_testing
