// Sentence embeddings: hidden states, pooled, perhaps normalised. See sentence_embedding.h.
#include "run/pipeline/sentence_embedding.h"

#include <fmt/core.h>

#include <utility>

#include "run/pipeline/batch_runner.h"
#include "run/pipeline/encoder_parts.h"
#include "run/pipeline/model_subfolder.h"
#include "run/pipeline/pooling.h"
#include "run/pipeline/sentence_transformers_config.h"

namespace pannier {
namespace {

class SentenceEmbedder : public SentenceEmbedding {
 public:
  SentenceEmbedder(SentenceTransformersConfig config, EncoderParts parts, ThreadPool& pool)
      : config_(std::move(config)),
        encoder_(std::move(parts.encoder)),
        runner_(std::move(parts.tokenizer), *encoder_, config_.length_max, pool) {
    work_.rows = BatchWork::Rows::kOnePerText;
    work_.width = encoder_->width() * static_cast<uint32_t>(config_.pooling.size());
    work_.compute = [this](const TokenBatch& batch, ModelState& state, std::span<float> out) {
      embed_batch(batch, state, out);
    };
    note_ = runner_.note();
    if (!config_.note.empty()) note_ += (note_.empty() ? "" : "; ") + config_.note;
  }

  Result<std::vector<Embedding>> run(std::span<const std::string> texts) override {
    std::vector<Embedding> embeddings(texts.size());
    const auto keep = [&](const TextRows& rows) -> Status {
      Embedding& embedding = embeddings[rows.index];
      embedding.values.assign(rows.values.begin(), rows.values.end());
      embedding.token_count = rows.token_count;
      embedding.dropped_token_count = rows.dropped_token_count;
      return {};
    };
    if (config_.prompt.empty()) {
      PANNIER_TRY(runner_.run(texts, work_, keep));
      return embeddings;
    }
    std::vector<std::string> prompted;
    prompted.reserve(texts.size());
    for (const std::string& text : texts) prompted.push_back(config_.prompt + text);
    PANNIER_TRY(runner_.run(prompted, work_, keep));
    return embeddings;
  }

  uint32_t dimension() const override { return work_.width; }
  const std::string& note() const override { return note_; }

 private:
  // T tokens in all, D width: [T, D] to [sequences, modes x D].
  void embed_batch(const TokenBatch& batch, ModelState& state, std::span<float> out) const {
    const ConstMatrixView hidden = encoder_->hidden_states(batch, state);
    for (size_t s = 0; s + 1 < batch.starts.size(); ++s) {
      const uint32_t begin = batch.starts[s];
      const ConstMatrixView tokens = {hidden.row(begin), batch.starts[s + 1] - begin, hidden.columns,
                                      hidden.stride};
      const std::span<float> vector = out.subspan(s * work_.width, work_.width);
      pool(tokens, config_.pooling, vector);
      if (config_.normalize) normalize(vector);
    }
  }

  SentenceTransformersConfig config_;
  std::unique_ptr<TextEncoder> encoder_;
  BatchRunner runner_;
  BatchWork work_;
  std::string note_;
};

Result<SentenceTransformersConfig> read_config(const ModelFiles& files) {
  if (!has_sentence_transformers_config(files)) return default_sentence_transformers_config();
  return read_sentence_transformers_config(files);
}

}  // namespace

Result<std::unique_ptr<SentenceEmbedding>> SentenceEmbedding::load(const ModelFiles& files,
                                                                   ThreadPool& pool) {
  PANNIER_ASSIGN(SentenceTransformersConfig config, read_config(files));
  const std::unique_ptr<ModelFiles> folder = files_in_subfolder(files, config.transformer_folder);
  TokenizerLoadOptions tokenizer;
  tokenizer.lowercase_first = config.lowercase;
  PANNIER_ASSIGN(EncoderParts parts, load_encoder_parts(*folder, tokenizer, pool));
  if (config.token_dimension && *config.token_dimension != parts.encoder->width()) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("the pooling is made for vectors of {} numbers; those of the model have {}",
                             *config.token_dimension, parts.encoder->width()),
                 "the folder mixes files of different models; fetch them all from one place"};
  }
  return std::unique_ptr<SentenceEmbedding>(
      std::make_unique<SentenceEmbedder>(std::move(config), std::move(parts), pool));
}

}  // namespace pannier
