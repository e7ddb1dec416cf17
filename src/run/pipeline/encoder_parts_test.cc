// Tests of loading an encoder with its tokenizer.
#include "run/pipeline/encoder_parts.h"

#include "run/pipeline/embedding_test_support.h"

namespace pannier {
namespace {

Result<EncoderParts> load(const Contents& contents, bool lowercase_first, ThreadPool& pool) {
  TokenizerLoadOptions options;
  options.lowercase_first = lowercase_first;
  return load_encoder_parts(*model_files_from_memory("dir:m", contents), options, pool);
}

std::vector<int32_t> ids_of(const EncoderParts& parts, const std::string& text) {
  Encoding encoding;
  EXPECT_TRUE(parts.tokenizer->encode(text, {}, encoding).ok());
  return encoding.ids;
}

// The folder's tokenizer keeps case.
Contents cased_model() {
  Contents contents;
  for (const auto& [name, text] : embedding_model("subfolder-lowercase-prompt")) {
    constexpr std::string_view kFolder = "0_Transformer/";
    if (name.starts_with(kFolder)) contents[name.substr(kFolder.size())] = text;
  }
  return contents;
}

TEST(EncoderPartsTest, LowerCaseIsUpToTheCaller) {
  ThreadPool pool(1);
  const auto as_it_is = load(cased_model(), false, pool);
  const auto lowered = load(cased_model(), true, pool);
  ASSERT_TRUE(as_it_is.ok() && lowered.ok());
  EXPECT_EQ(as_it_is->encoder->width(), 24u);
  EXPECT_NE(ids_of(*as_it_is, "BAD Cafés"), ids_of(*as_it_is, "bad cafés"));
  EXPECT_EQ(ids_of(*lowered, "BAD Cafés"), ids_of(*as_it_is, "bad cafés"));
  EXPECT_NE(ids_of(*lowered, "cafés"), ids_of(*lowered, "cafes"));  // accents stay
}

TEST(EncoderPartsTest, MissingFilesAreNamedBeforeAnythingIsLoaded) {
  ThreadPool pool(1);
  Contents contents = cased_model();
  contents.erase("tokenizer.json");
  contents.erase("model.safetensors");
  const auto parts = load(contents, false, pool);
  ASSERT_FALSE(parts.ok());
  EXPECT_EQ(parts.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(parts.error().message.find(".index.json) and tokenizer.json"), std::string::npos)
      << parts.error().message;
}

TEST(EncoderPartsTest, AnUnknownFamilyIsRefused) {
  ThreadPool pool(1);
  Contents contents = cased_model();
  contents["config.json"] = R"({"model_type": "llama", "architectures": ["LlamaModel"]})";
  const auto parts = load(contents, false, pool);
  ASSERT_FALSE(parts.ok());
  EXPECT_EQ(parts.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace pannier
