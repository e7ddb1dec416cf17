// The classification head on a pooled first token: see pooled_classifier.h.
#include "run/model/pooled_classifier.h"

#include <string>
#include <utility>

namespace pannier {
namespace {

class PooledClassifier : public SequenceClassifier {
 public:
  PooledClassifier(std::unique_ptr<AbsolutePositionEncoder> encoder, const LinearTensors& pooler,
                   const LinearTensors& classifier, Activation pooler_activation, ThreadPool* pool)
      : encoder_(std::move(encoder)),
        pooler_activation_(pooler_activation),
        pooler_(encoder_->pack_on_top(pooler, pool)),
        classifier_(encoder_->pack_on_top(classifier, pool)) {}

  // B sequences, D width.
  void logits(const TokenBatch& batch, ModelState& state, std::span<float> out) const override {
    const MatrixView first = encoder_->first_hidden_states(batch, state);          // [B, D]
    const MatrixView pooled = state.pooled.resize(first.rows, encoder_->width());  // [B, D]
    const uint32_t labels = label_count();
    linear(state.context, first, pooler_, pooler_activation_, pooled);
    linear(state.context, pooled, classifier_, Activation::kNone,
           {out.data(), first.rows, labels, labels});  // [B, labels]
  }

  uint32_t label_count() const override { return classifier_.columns; }
  const TextEncoder& encoder() const override { return *encoder_; }

 private:
  std::unique_ptr<AbsolutePositionEncoder> encoder_;
  Activation pooler_activation_;
  PackedLinear pooler_;
  PackedLinear classifier_;
};

// transformers would make the missing head up at random, and every label with it.
Error missing_head(const Weights& weights, const ModelConfig& config, const PooledHead& head) {
  const std::string tensor = std::string(head.classifier) + ".weight";
  std::string made_for;
  for (const std::string& architecture : config.architectures()) {
    made_for += (made_for.empty() ? " (config.json says: " : ", ") + architecture;
  }
  if (!made_for.empty()) made_for += ")";
  return {ErrorKind::kIncomplete,
          weights.file_of(tensor) + " has no classification head: there is no '" + tensor + "'" + made_for,
          "use a model that was fine-tuned for text-classification"};
}

}  // namespace

Result<std::unique_ptr<SequenceClassifier>> load_pooled_classifier(ModelSource source,
                                                                   const EncoderNames& names,
                                                                   const EncoderShape& shape,
                                                                   const PooledHead& head,
                                                                   uint32_t label_count) {
  TensorPicker picker(*source.weights, names.base);
  if (!picker.has(std::string(head.classifier) + ".weight")) {
    return missing_head(*source.weights, *source.config, head);
  }
  const EncoderTensors tensors = take_encoder(picker, names, shape);
  const LinearTensors pooler = take_linear(picker, std::string(head.pooler), shape.width, shape.width);
  const LinearTensors classifier =
      take_linear(picker, std::string(head.classifier), label_count, shape.width);
  PANNIER_TRY(picker.status());
  ThreadPool* const pool = source.pool;
  auto encoder =
      std::make_unique<AbsolutePositionEncoder>(shape, tensors, std::move(source), picker.dtypes());
  return std::unique_ptr<SequenceClassifier>(std::make_unique<PooledClassifier>(
      std::move(encoder), pooler, classifier, head.pooler_activation, pool));
}

Result<std::unique_ptr<TextEncoder>> load_encoder(ModelSource source, const EncoderNames& names,
                                                  const EncoderShape& shape) {
  TensorPicker picker(*source.weights, names.base);
  const EncoderTensors tensors = take_encoder(picker, names, shape);
  PANNIER_TRY(picker.status());
  return std::unique_ptr<TextEncoder>(
      std::make_unique<AbsolutePositionEncoder>(shape, tensors, std::move(source), picker.dtypes()));
}

}  // namespace pannier
