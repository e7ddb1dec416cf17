// Tests of the names that one tensor goes by.
#include "run/weights/tensor_names.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

using Names = std::vector<std::string>;

TEST(TensorNamesTest, TheBasePrefixMayBeMissing) {
  EXPECT_EQ(names_of_tensor("bert.pooler.dense.weight", "bert"),
            (Names{"bert.pooler.dense.weight", "pooler.dense.weight"}));
  EXPECT_EQ(names_of_tensor("bert.pooler.dense.weight", ""), (Names{"bert.pooler.dense.weight"}));
}

TEST(TensorNamesTest, AHeadHasNoBase) {
  EXPECT_EQ(names_of_tensor("classifier.weight", "bert"), (Names{"classifier.weight"}));
  EXPECT_EQ(names_of_tensor("bertha.weight", "bert"), (Names{"bertha.weight"}));
}

TEST(TensorNamesTest, LayerNormsHaveOldNames) {
  EXPECT_EQ(names_of_tensor("bert.embeddings.LayerNorm.weight", "bert"),
            (Names{"bert.embeddings.LayerNorm.weight", "bert.embeddings.LayerNorm.gamma",
                   "embeddings.LayerNorm.weight", "embeddings.LayerNorm.gamma"}));
  EXPECT_EQ(names_of_tensor("x.LayerNorm.bias", ""), (Names{"x.LayerNorm.bias", "x.LayerNorm.beta"}));
  EXPECT_EQ(names_of_tensor("distilbert.sa_layer_norm.weight", ""),
            (Names{"distilbert.sa_layer_norm.weight"}));
}

}  // namespace
}  // namespace pannier
