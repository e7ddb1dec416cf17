#include "carry/isolated/comparison.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pannier {
namespace {

BundleModel model(const std::string& name, const std::map<std::string, std::string>& files) {
  BundleModel made;
  made.name = name;
  for (const auto& [path, contents] : files) {
    made.files.push_back({path, false, contents.size(), sha256(contents)});
  }
  return made;
}

ComparedSide side(const std::vector<BundleModel>& models) { return {"a side", models, {}, {}}; }

ComparedSide receipt_side(const std::vector<std::string>& contents,
                          const std::vector<ReceiptReference>& names = {}) {
  Receipt receipt;
  for (const std::string& text : contents) receipt.blobs.push_back({sha256(text), text.size()});
  std::sort(receipt.blobs.begin(), receipt.blobs.end());
  receipt.references = names;
  return {"a receipt", {}, receipt, {}};
}

// "model path change before after" of every file.
std::vector<std::string> rows(const Comparison& comparison) {
  std::vector<std::string> rows;
  for (const ComparedFile& file : comparison.files) {
    rows.push_back(file.model + " " + file.path + " " + file_change_name(file.change) + " " +
                   std::to_string(file.bytes_before) + " " + std::to_string(file.bytes_after));
  }
  return rows;
}

using Rows = std::vector<std::string>;

TEST(CompareSides, TellsEachFileAndAddsUp) {
  const Comparison compared =
      compare_sides(side({model("m", {{"a", "1"}, {"b", "22"}, {"d", "4444"}})}),
                    side({model("m", {{"b", "333"}, {"c", "55555"}, {"d", "4444"}})}));
  EXPECT_EQ(rows(compared), (Rows{"m a removed 1 0", "m b changed 2 3", "m c added 0 5", "m d same 4 4"}));
  EXPECT_EQ(compared.removed.bytes, 1u);  // what was there before; of the others, what is there after
  EXPECT_EQ(compared.changed.bytes, 3u);
  EXPECT_EQ(compared.added.bytes, 5u);
  EXPECT_EQ(compared.same.count, 1u);
  EXPECT_FALSE(compared.is_same());
}

TEST(CompareSides, EqualSidesAreTheSame) {
  const ComparedSide one = side({model("m", {{"a", "1"}}), model("n", {{"a", "2"}})});
  EXPECT_TRUE(compare_sides(one, one).is_same());
  EXPECT_EQ(compare_sides(one, one).same.count, 2u);
}

TEST(CompareSides, AFileThatBecomesExecutableIsChanged) {
  ComparedSide after = side({model("m", {{"run", "1"}})});
  const ComparedSide before = after;
  after.models.front().files.front().executable = true;
  EXPECT_EQ(compare_sides(before, after).changed.count, 1u);
}

TEST(CompareSides, ModelsMeetByNameRevisionsApart) {
  const Comparison compared = compare_sides(side({model("m@v1", {{"a", "1"}}), model("n", {{"a", "2"}})}),
                                            side({model("m@v2", {{"a", "1"}}), model("o", {{"a", "2"}})}));
  EXPECT_EQ(rows(compared), (Rows{"m@v2 a same 1 1", "n a removed 1 0", "o a added 0 1"}));
}

TEST(CompareSides, OneModelOnEachSideMeetWhateverTheirNames) {
  const Comparison compared =
      compare_sides(side({model("sst2", {{"a", "1"}})}), side({model("edited", {{"a", "2"}})}));
  EXPECT_EQ(rows(compared), (Rows{"edited a changed 1 1"}));
}

TEST(CompareSides, AgainstAReceiptContentsAreThereOrNot) {
  const ComparedSide models = side({model("m", {{"a", "held"}, {"b", "new one"}})});
  EXPECT_EQ(rows(compare_sides(receipt_side({"held"}), models)), (Rows{"m a same 4 4", "m b added 0 7"}));
  EXPECT_EQ(rows(compare_sides(models, receipt_side({"held"}))), (Rows{"m a same 4 4", "m b removed 7 0"}));
}

TEST(CompareSides, TwoReceiptsByNamesAndBlobs) {
  const Comparison compared =
      compare_sides(receipt_side({"both", "gone"}, {{"m", sha256("1")}, {"old", sha256("1")}}),
                    receipt_side({"both", "come!"}, {{"m", sha256("2")}}));
  EXPECT_EQ(rows(compared), (Rows{"(names) m changed 0 0", "(names) old removed 0 0",
                                  "(blobs) " + sha256("gone").oci() + " removed 4 0",
                                  "(blobs) " + sha256("come!").oci() + " added 0 5"}));
}

}  // namespace
}  // namespace pannier
