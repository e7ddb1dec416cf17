// For tests only: private keys that are always the same.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "base/p256.h"

namespace pannier::p256_testing {

// Key number `seed`, 1 to 255: the same in every run, since its secret number is the seed.
inline P256PrivateKey test_key(uint8_t seed = 7) {
  std::array<uint8_t, 32> secret{};
  secret.back() = seed;
  auto key = P256PrivateKey::from_bytes(secret, "a test key");
  EXPECT_TRUE(key.ok());
  return std::move(key).value();
}

}  // namespace pannier::p256_testing
