// Tests of feature-extraction beyond the numbers: lengths, heads, notes, and callers that have enough.
#include "run/pipeline/feature_extraction.h"

#include "run/pipeline/embedding_test_support.h"
#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

TEST(FeatureExtractionTest, GoesByTheTokenizersLength) {
  ThreadPool pool(1);
  const auto pipeline =
      FeatureExtraction::load(*model_files_from_memory("dir:m", embedding_model("mean-normalized")), pool);
  ASSERT_TRUE(pipeline.ok());
  const Status status =
      (*pipeline)->run(std::vector<std::string>{long_text()}, [](const Features& features) -> Status {
        EXPECT_EQ(features.token_count, 60u);
        EXPECT_EQ(features.dropped_token_count, 142u);
        return {};
      });
  EXPECT_TRUE(status.ok());
}

TEST(FeatureExtractionTest, ACallersErrorEndsTheFeatures) {
  ThreadPool pool(2);
  const auto pipeline =
      FeatureExtraction::load(*model_files_from_memory("dir:m", embedding_model("no-modules")), pool);
  ASSERT_TRUE(pipeline.ok());
  size_t calls = 0;
  const Status status =
      (*pipeline)->run(std::vector<std::string>{"a", "b", "c"}, [&](const Features& features) -> Status {
        ++calls;
        if (features.index == 1) return Error{ErrorKind::kInterrupted, "enough", ""};
        return {};
      });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "enough");
  EXPECT_EQ(calls, 2u);
}

// A classifier's head is left out, as transformers' AutoModel does.
TEST(FeatureExtractionTest, AClassifierGivesItsHiddenStates) {
  ThreadPool pool(1);
  const auto pipeline =
      FeatureExtraction::load(*model_files_from_memory("dir:m", golden_model("three-labels-bf16")), pool);
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().to_string();
  EXPECT_EQ((*pipeline)->width(), 32u);
  EXPECT_EQ((*pipeline)->note(), "weights are BF16, computed in fp32");
  const Status status =
      (*pipeline)->run(std::vector<std::string>{"cat"}, [](const Features& features) -> Status {
        EXPECT_EQ(features.token_count, 3u);
        EXPECT_EQ(features.values.size(), 3u * 32u);
        return {};
      });
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace pannier
