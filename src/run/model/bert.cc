// BERT: its configuration, its tensor names, and its classification head.
#include "run/model/bert.h"

#include <utility>

#include "base/limits.h"
#include "run/model/pooled_classifier.h"

namespace pannier {
namespace {

constexpr EncoderKeys kKeys = {
    .width = "hidden_size",
    .heads = "num_attention_heads",
    .blocks = "num_hidden_layers",
    .feed_forward_width = "intermediate_size",
    .activation = "hidden_act",
    .default_blocks = 12,
};

constexpr EncoderNames kNames = {
    .base = "bert",
    .blocks = "encoder.layer",
    .query = "attention.self.query",
    .key = "attention.self.key",
    .value = "attention.self.value",
    .attention_out = "attention.output.dense",
    .attention_norm = "attention.output.LayerNorm",
    .feed_forward_in = "intermediate.dense",
    .feed_forward_out = "output.dense",
    .feed_forward_norm = "output.LayerNorm",
};

constexpr PooledHead kHead = {"bert.pooler.dense", "classifier", Activation::kTanh};

// What would make it compute something else than the encoder here does.
Status check_variant(const ModelConfig& config) {
  const ConfigReader reader(config);
  PANNIER_ASSIGN(const std::string positions, reader.word("position_embedding_type", "absolute"));
  if (positions != "absolute") {
    Error error = config_error(ErrorKind::kUnsupported, config.root()["position_embedding_type"],
                               "position_embedding_type", "is '" + positions + "'; supported: absolute");
    error.hint = "use a model with absolute positions";
    return error;
  }
  PANNIER_ASSIGN(const bool is_decoder, reader.flag("is_decoder", false));
  if (is_decoder) {
    Error error = config_error(ErrorKind::kUnsupported, config.root()["is_decoder"], "is_decoder",
                               "is true: each token would see only those before it");
    error.hint = "use a model that is an encoder";
    return error;
  }
  return {};
}

Result<EncoderShape> read_shape(const ModelConfig& config) {
  PANNIER_TRY(check_variant(config));
  PANNIER_ASSIGN(EncoderShape shape, read_encoder_shape(config, kKeys));
  const ConfigReader reader(config);
  PANNIER_ASSIGN(shape.types, reader.dimension("type_vocab_size", 2, limits::kTokenTypesMax));
  PANNIER_ASSIGN(shape.layer_norm_epsilon, reader.epsilon("layer_norm_eps", 1e-12f));
  return shape;
}

}  // namespace

Result<std::unique_ptr<TextEncoder>> load_bert_encoder(ModelSource source) {
  PANNIER_ASSIGN(const EncoderShape shape, read_shape(*source.config));
  return load_encoder(std::move(source), kNames, shape);
}

Result<std::unique_ptr<SequenceClassifier>> load_bert_classifier(ModelSource source, uint32_t label_count) {
  PANNIER_ASSIGN(const EncoderShape shape, read_shape(*source.config));
  return load_pooled_classifier(std::move(source), kNames, shape, kHead, label_count);
}

}  // namespace pannier
