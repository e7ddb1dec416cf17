#include "carry/connected/closure/tokenizer_files.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(TokenizerFiles, TheTableIsWellFormed) {
  EXPECT_TRUE(tokenizer_files_source().starts_with("transformers "));
  ASSERT_GE(tokenizer_classes().size(), 100U);
  ASSERT_GE(model_type_tokenizers().size(), 200U);
  std::string_view last;
  for (const TokenizerClass& row : tokenizer_classes()) {
    EXPECT_LT(last, row.name);
    last = row.name;
    EXPECT_EQ(row.files.find("  "), std::string_view::npos);
    EXPECT_EQ(row.files.find('/'), std::string_view::npos);
    EXPECT_EQ(find_tokenizer_class(row.name)->files, row.files);
  }
  last = "";
  for (const ModelTypeTokenizer& row : model_type_tokenizers()) {
    EXPECT_LT(last, row.model_type);
    last = row.model_type;
    EXPECT_NE(tokenizer_class_of_model(row.model_type), nullptr) << row.model_type;
  }
}

TEST(TokenizerFiles, KnownClasses) {
  EXPECT_EQ(find_tokenizer_class("BertTokenizer")->files, "vocab.txt");
  EXPECT_TRUE(find_tokenizer_class("BertTokenizer")->is_fast);
  EXPECT_EQ(find_tokenizer_class("BertTokenizerFast"), find_tokenizer_class("BertTokenizer"));
  EXPECT_EQ(tokenizer_class_of_model("gpt2")->files, "merges.txt vocab.json");
  EXPECT_EQ(tokenizer_class_of_model("t5")->files, "spiece.model");
  EXPECT_FALSE(tokenizer_class_of_model("esm")->is_fast);
  EXPECT_EQ(find_tokenizer_class(""), nullptr);
  EXPECT_EQ(find_tokenizer_class("Fast"), nullptr);
  EXPECT_EQ(tokenizer_class_of_model("vit"), nullptr);
  EXPECT_EQ(tokenizer_class_of_model(""), nullptr);
}

}  // namespace
}  // namespace pannier
