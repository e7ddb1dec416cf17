// Parts: their names, and what can be the parts of a blob.
#include "format/bundle_parts.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

TEST(BundleParts, NamesComeBack) {
  const Digest blob = sha256("blob");
  EXPECT_EQ(bundle_part_path(blob, 7), "transport/" + blob.hex() + "/00007");
  for (const uint64_t part : {0u, 1u, 99'999u}) {
    const auto name = parse_bundle_part_path(bundle_part_path(blob, part));
    ASSERT_TRUE(name.has_value());
    EXPECT_EQ(name->blob, blob);
    EXPECT_EQ(name->part, part);
  }
}

TEST(BundleParts, OtherNamesAreNone) {
  const std::string hex = sha256("blob").hex();
  for (const std::string& path :
       {std::string(), "transport/" + hex + "/0007", "transport/" + hex + "/000007",
        "transport/" + hex + "/0000a", "transport/" + hex + "/-0007", "transport/" + hex + "_00007",
        "transports" + hex + "/00007", "transport/../" + hex.substr(3) + "/00007",
        "transport/" + std::string(64, 'A') + "/00007"}) {
    EXPECT_FALSE(parse_bundle_part_path(path).has_value()) << path;
  }
}

TEST(BundleParts, CountAndSizesFollowFromTheBlob) {
  EXPECT_EQ(bundle_part_count(0), 0u);
  EXPECT_EQ(bundle_part_count(1), 1u);
  EXPECT_EQ(bundle_part_count(kPartBytes), 1u);
  EXPECT_EQ(bundle_part_count(kPartBytes + 1), 2u);
  EXPECT_EQ(bundle_part_decoded_bytes(kPartBytes + 1, 0), kPartBytes);
  EXPECT_EQ(bundle_part_decoded_bytes(kPartBytes + 1, 1), 1u);
  EXPECT_EQ(bundle_part_decoded_bytes(kPartBytes, 1), 0u);
}

TEST(BundleParts, AnEmptyOrAnEndlessBlobHasNoParts) {
  EXPECT_EQ(check_encoded_blob({sha256(""), 0}, {}).error().kind, ErrorKind::kInvalid);
  const BlobInfo endless{sha256("x"), limits::kPartsPerBlobMax * kPartBytes + 1};
  EXPECT_EQ(check_encoded_blob(endless, {}).error().kind, ErrorKind::kLimit);
}

TEST(BundleParts, TheLargestPartsAreParts) {
  const BlobInfo blob{sha256("x"), 2 * kPartBytes + 3};
  EXPECT_TRUE(check_encoded_blob(blob, largest_encoded_blob(blob, std::nullopt)).ok());
  EXPECT_TRUE(check_encoded_blob(blob, largest_encoded_blob(blob, BlobInfo{sha256("y"), 9})).ok());
}

TEST(BundleParts, LayoutsHaveNames) {
  EXPECT_EQ(bundle_layout_of_name("plain"), BundleLayout::kPlain);
  EXPECT_EQ(bundle_layout_of_name("encoded"), BundleLayout::kEncoded);
  EXPECT_FALSE(bundle_layout_of_name("Plain").has_value());
}

}  // namespace
}  // namespace pannier
