// No bit of a signed, encoded bundle in two volumes can be flipped, and no byte of it cut off, unnoticed:
// each is refused by install before anything is written, in a message that names the bundle. Places are
// seeded: PANNIER_FLIPS_SEED replays a run, PANNIER_FLIPS and PANNIER_CUTS say how many
// (tests/large_flips.sh: many).
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "carry/isolated/tuf_site.h"
#include "carry/transport/volumes/volume_set.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PANNIER_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define PANNIER_SANITIZED
#endif

namespace pannier::tuf {
namespace {

#if defined(PANNIER_SANITIZED)
constexpr uint64_t kFlips = 500;
constexpr uint64_t kCuts = 50;
#else
constexpr uint64_t kFlips = 5'000;
constexpr uint64_t kCuts = 500;
#endif

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Floats around zero, in bfloat16: what is encoded in planes.
std::string bell_shaped_weights(size_t count) {
  std::mt19937 generator(1);
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    float sum = 0;  // of uniform ones: no standard library's own normal distribution is asked
    for (int j = 0; j < 12; ++j) sum += static_cast<float>(generator() >> 8) / (1u << 24) - 0.5f;
    uint32_t bits = 0;
    static_assert(sizeof(bits) == sizeof(sum));
    std::memcpy(&bits, &sum, sizeof(bits));
    out += static_cast<char>(bits >> 16);
    out += static_cast<char>(bits >> 24);
  }
  return out;
}

class BundleFlips : public ::testing::Test {
 protected:
  BundleFlips() : seed_(number_from_environment("PANNIER_FLIPS_SEED", 20'261)), generator_(seed_) {
    const std::string header = R"({"w":{"dtype":"BF16","shape":[8000],"data_offsets":[0,16000]}})";
    std::string file(8, '\0');
    file[0] = static_cast<char>(header.size());
    file += header + bell_shaped_weights(8'000);
    const auto sources = bundle_test::write_sources(
        site_.fs, "/src", {{"model", {{"config.json", "{}"}, {"model.safetensors", file}}}});
    BundleWriteOptions options;
    options.path = "/media/bent.pannier";
    options.layout = BundleLayout::kEncoded;
    options.claim.channel = "plant-7";
    options.claim.sequence = 18;
    const P256PrivateKey key = test_key(kPacker);
    options.claim.keys = {&key};
    options.volumes.volume_bytes = 16 << 10;
    const auto written = write_bundle(site_.fs, sources, options);
    EXPECT_TRUE(written.ok()) << written.error().to_string();
    if (!written.ok()) return;
    EXPECT_EQ(written->index.layout, BundleLayout::kEncoded);
    EXPECT_EQ(written->files.size(), 2u);
    for (const std::string& path : written->files) {
      volumes_.push_back({path, bundle_test::read_file(site_.fs, path)});
    }
  }

  struct Volume {
    std::string path;
    std::string contents;
  };

  uint64_t below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(generator_); }

  Volume& any_volume() { return volumes_[below(volumes_.size())]; }

  Result<InstallResult> install() { return site_.install({{volumes_[0].path, volumes_[1].path}}); }

  void expect_refused(const std::string& what) {
    SCOPED_TRACE(what + "; replay with PANNIER_FLIPS_SEED=" + std::to_string(seed_));
    const auto result = install();
    ASSERT_FALSE(result.ok());
    EXPECT_NE(result.error().message.find("bent"), std::string::npos) << result.error().to_string();
    ASSERT_EQ(site_.references().generation, generation_);
  }

  Site site_;
  uint64_t seed_;
  std::mt19937_64 generator_;
  std::vector<Volume> volumes_;
  const uint64_t generation_ = site_.references().generation;
};

TEST_F(BundleFlips, EveryFlippedBitIsRefused) {
  ASSERT_EQ(volumes_.size(), 2u);
  for (uint64_t i = 0, count = number_from_environment("PANNIER_FLIPS", kFlips); i < count; ++i) {
    const Volume& volume = any_volume();
    const uint64_t place = below(volume.contents.size());
    const auto bit = static_cast<uint8_t>(1u << below(8));
    const auto file = site_.fs.open_or_create(volume.path);
    ASSERT_TRUE(file.ok());
    const auto good = static_cast<uint8_t>(volume.contents[place]);
    const uint8_t bent = good ^ bit;
    ASSERT_TRUE((*file)->write_at(place, ByteSpan(&bent, 1)).ok());
    expect_refused("flip " + std::to_string(i) + ": bit mask " + std::to_string(bit) + " of byte " +
                   std::to_string(place) + " of " + volume.path);
    if (HasFatalFailure()) return;
    ASSERT_TRUE((*file)->write_at(place, ByteSpan(&good, 1)).ok());
  }
  const auto whole = install();  // what was bent back is good
  EXPECT_TRUE(whole.ok()) << whole.error().to_string();
}

TEST_F(BundleFlips, EveryCutIsRefused) {
  ASSERT_EQ(volumes_.size(), 2u);
  for (uint64_t i = 0, count = number_from_environment("PANNIER_CUTS", kCuts); i < count; ++i) {
    const Volume& volume = any_volume();
    const uint64_t place = below(volume.contents.size());
    site_.plant(volume.contents.substr(0, place), volume.path);
    expect_refused("cut " + std::to_string(i) + ": " + volume.path + " after " + std::to_string(place) +
                   " bytes");
    if (HasFatalFailure()) return;
    site_.plant(volume.contents, volume.path);
  }
  const auto whole = install();
  EXPECT_TRUE(whole.ok()) << whole.error().to_string();
}

}  // namespace
}  // namespace pannier::tuf
