// DistilBERT: its configuration, its tensor names, and its classification head.
#include "run/model/distilbert.h"

#include <utility>

#include "run/model/pooled_classifier.h"

namespace pannier {
namespace {

// sinusoidal_pos_embds changes only how training began: the file holds the table either way, and
// transformers reads it from there.
constexpr EncoderKeys kKeys = {
    .width = "dim",
    .heads = "n_heads",
    .blocks = "n_layers",
    .feed_forward_width = "hidden_dim",
    .activation = "activation",
    .default_blocks = 6,
};

constexpr EncoderNames kNames = {
    .base = "distilbert",
    .blocks = "transformer.layer",
    .query = "attention.q_lin",
    .key = "attention.k_lin",
    .value = "attention.v_lin",
    .attention_out = "attention.out_lin",
    .attention_norm = "sa_layer_norm",
    .feed_forward_in = "ffn.lin1",
    .feed_forward_out = "ffn.lin2",
    .feed_forward_norm = "output_layer_norm",
};

constexpr PooledHead kHead = {"pre_classifier", "classifier", Activation::kRelu};

// The epsilon has no key: transformers fixes it at 1e-12.
Result<EncoderShape> read_shape(const ModelConfig& config) { return read_encoder_shape(config, kKeys); }

}  // namespace

Result<std::unique_ptr<TextEncoder>> load_distilbert_encoder(ModelSource source) {
  PANNIER_ASSIGN(const EncoderShape shape, read_shape(*source.config));
  return load_encoder(std::move(source), kNames, shape);
}

Result<std::unique_ptr<SequenceClassifier>> load_distilbert_classifier(ModelSource source,
                                                                       uint32_t label_count) {
  PANNIER_ASSIGN(const EncoderShape shape, read_shape(*source.config));
  return load_pooled_classifier(std::move(source), kNames, shape, kHead, label_count);
}

}  // namespace pannier
