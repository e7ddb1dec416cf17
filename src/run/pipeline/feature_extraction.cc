// feature-extraction: hidden states as they are. See feature_extraction.h.
#include "run/pipeline/feature_extraction.h"

#include <cstring>
#include <utility>

#include "run/pipeline/batch_runner.h"
#include "run/pipeline/encoder_parts.h"

namespace pannier {
namespace {

class FeatureExtractor : public FeatureExtraction {
 public:
  FeatureExtractor(EncoderParts parts, ThreadPool& pool)
      : encoder_(std::move(parts.encoder)),
        runner_(std::move(parts.tokenizer), *encoder_, std::nullopt, pool) {
    work_.rows = BatchWork::Rows::kOnePerToken;
    work_.width = encoder_->width();
    work_.compute = [this](const TokenBatch& batch, ModelState& state, std::span<float> out) {
      const ConstMatrixView hidden = encoder_->hidden_states(batch, state);  // [T, D]
      for (uint32_t i = 0; i < hidden.rows; ++i) {
        std::memcpy(&out[static_cast<size_t>(i) * work_.width], hidden.row(i), work_.width * sizeof(float));
      }
    };
  }

  Status run(std::span<const std::string> texts,
             const std::function<Status(const Features&)>& consume) override {
    return runner_.run(texts, work_, [&](const TextRows& rows) {
      return consume({rows.index, rows.token_count, rows.dropped_token_count, rows.values});
    });
  }

  uint32_t width() const override { return work_.width; }
  const std::string& note() const override { return runner_.note(); }

 private:
  std::unique_ptr<TextEncoder> encoder_;
  BatchRunner runner_;
  BatchWork work_;
};

}  // namespace

Result<std::unique_ptr<FeatureExtraction>> FeatureExtraction::load(const ModelFiles& files,
                                                                   ThreadPool& pool) {
  PANNIER_ASSIGN(EncoderParts parts, load_encoder_parts(files, {}, pool));
  return std::unique_ptr<FeatureExtraction>(std::make_unique<FeatureExtractor>(std::move(parts), pool));
}

}  // namespace pannier
