// DistilBERT: its configuration, its tensor names, and its classification head.
#include "run/model/distilbert.h"

#include <array>
#include <utility>

#include "base/limits.h"
#include "run/ops/convert.h"
#include "run/ops/embedding.h"

namespace pannier {
namespace {

// The paper's configuration has no key for it; transformers fixes it too.
constexpr float kLayerNormEpsilon = 1e-12f;

struct DistilBertShape {
  uint32_t vocabulary = 0;
  uint32_t positions = 0;
  uint32_t width = 0;  // D, "dim"
  uint32_t heads = 0;
  uint32_t blocks = 0;
  uint32_t feed_forward_width = 0;  // F, "hidden_dim"
  Activation activation = Activation::kGelu;
};

Result<Activation> read_activation(const ConfigReader& reader, const ModelConfig& config) {
  PANNIER_ASSIGN(const std::string name, reader.word("activation", "gelu"));
  // "gelu_python" is the same exact form written out in Python.
  if (name == "gelu" || name == "gelu_python") return Activation::kGelu;
  if (name == "relu") return Activation::kRelu;
  Error error = config_error(ErrorKind::kUnsupported, config.root()["activation"], "activation",
                             "is '" + name + "'; supported: gelu, gelu_python, relu");
  error.hint = "use a model with one of these activations";
  return error;
}

// Defaults as transformers' DistilBertConfig has them.
Result<DistilBertShape> read_shape(const ModelConfig& config) {
  const ConfigReader reader(config);
  DistilBertShape shape;
  PANNIER_ASSIGN(shape.vocabulary, reader.dimension("vocab_size", 30522, limits::kVocabularyEntriesMax));
  PANNIER_ASSIGN(shape.positions, reader.dimension("max_position_embeddings", 512, limits::kPositionsMax));
  PANNIER_ASSIGN(shape.width, reader.dimension("dim", 768, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.heads, reader.dimension("n_heads", 12, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.blocks, reader.dimension("n_layers", 6, limits::kLayersMax));
  PANNIER_ASSIGN(shape.feed_forward_width, reader.dimension("hidden_dim", 4 * 768, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.activation, read_activation(reader, config));
  if (shape.width % shape.heads != 0) {
    return config_error(
        ErrorKind::kCorrupt, config.root()["n_heads"], "n_heads",
        "is " + std::to_string(shape.heads) + ", which does not divide dim " + std::to_string(shape.width));
  }
  return shape;
}

// The tensors of one block, before they are packed.
struct BlockTensors {
  LinearTensors query, key, value, attention_out;
  TensorView attention_gain, attention_bias;
  LinearTensors feed_forward_in, feed_forward_out;
  TensorView feed_forward_gain, feed_forward_bias;
};

struct ModelTensors {
  EmbeddingTables embeddings;
  TensorView embedding_gain, embedding_bias;
  std::vector<BlockTensors> blocks;
  LinearTensors pre_classifier, classifier;
};

LinearTensors take_linear(TensorPicker& picker, const std::string& name, uint32_t outputs, uint32_t inputs) {
  return {picker.take(name + ".weight", {outputs, inputs}), picker.take(name + ".bias", {outputs})};
}

BlockTensors take_block(TensorPicker& picker, const std::string& name, const DistilBertShape& shape) {
  const uint32_t d = shape.width;
  const uint32_t f = shape.feed_forward_width;
  BlockTensors block;
  block.query = take_linear(picker, name + ".attention.q_lin", d, d);
  block.key = take_linear(picker, name + ".attention.k_lin", d, d);
  block.value = take_linear(picker, name + ".attention.v_lin", d, d);
  block.attention_out = take_linear(picker, name + ".attention.out_lin", d, d);
  block.attention_gain = picker.take(name + ".sa_layer_norm.weight", {d});
  block.attention_bias = picker.take(name + ".sa_layer_norm.bias", {d});
  block.feed_forward_in = take_linear(picker, name + ".ffn.lin1", f, d);
  block.feed_forward_out = take_linear(picker, name + ".ffn.lin2", d, f);
  block.feed_forward_gain = picker.take(name + ".output_layer_norm.weight", {d});
  block.feed_forward_bias = picker.take(name + ".output_layer_norm.bias", {d});
  return block;
}

ModelTensors take_model(TensorPicker& picker, const DistilBertShape& shape, uint32_t label_count) {
  const uint32_t d = shape.width;
  ModelTensors tensors;
  tensors.embeddings.words =
      picker.take("distilbert.embeddings.word_embeddings.weight", {shape.vocabulary, d});
  tensors.embeddings.positions =
      picker.take("distilbert.embeddings.position_embeddings.weight", {shape.positions, d});
  tensors.embedding_gain = picker.take("distilbert.embeddings.LayerNorm.weight", {d});
  tensors.embedding_bias = picker.take("distilbert.embeddings.LayerNorm.bias", {d});
  for (uint32_t i = 0; i < shape.blocks; ++i) {
    tensors.blocks.push_back(take_block(picker, "distilbert.transformer.layer." + std::to_string(i), shape));
  }
  tensors.pre_classifier = take_linear(picker, "pre_classifier", d, d);
  tensors.classifier = take_linear(picker, "classifier", label_count, d);
  return tensors;
}

PackedLinear pack_one(OpContext& context, FloatArena& arena, const LinearTensors& layer) {
  return pack_linear(context, arena, std::span<const LinearTensors>(&layer, 1));
}

EncoderBlockWeights pack_block(OpContext& context, FloatArena& arena, const BlockTensors& tensors) {
  const Kernels& kernels = context.kernels();
  EncoderBlockWeights block;
  block.query = pack_one(context, arena, tensors.query);
  block.key_value = pack_linear(context, arena, std::array<LinearTensors, 2>{tensors.key, tensors.value});
  block.attention_out = pack_one(context, arena, tensors.attention_out);
  block.attention_norm =
      load_layer_norm(kernels, tensors.attention_gain, tensors.attention_bias, kLayerNormEpsilon);
  block.feed_forward_in = pack_one(context, arena, tensors.feed_forward_in);
  block.feed_forward_out = pack_one(context, arena, tensors.feed_forward_out);
  block.feed_forward_norm =
      load_layer_norm(kernels, tensors.feed_forward_gain, tensors.feed_forward_bias, kLayerNormEpsilon);
  return block;
}

class DistilBertClassifier : public SequenceClassifier {
 public:
  DistilBertClassifier(const DistilBertShape& shape, ModelTensors tensors, ClassifierSource source,
                       std::vector<DType> stored_types)
      : shape_(shape),
        label_count_(source.label_count),
        kernels_(source.kernels),
        weights_(std::move(source.weights)),
        stored_types_(std::move(stored_types)),
        embeddings_(tensors.embeddings) {
    OpContext context(*kernels_, source.pool);
    embedding_norm_ =
        load_layer_norm(*kernels_, tensors.embedding_gain, tensors.embedding_bias, kLayerNormEpsilon);
    encoder_.width = shape.width;
    encoder_.head_count = shape.heads;
    encoder_.feed_forward_width = shape.feed_forward_width;
    encoder_.activation = shape.activation;
    for (const BlockTensors& block : tensors.blocks)
      encoder_.blocks.push_back(pack_block(context, encoder_.arena, block));
    pre_classifier_ = pack_one(context, encoder_.arena, tensors.pre_classifier);
    classifier_ = pack_one(context, encoder_.arena, tensors.classifier);
  }

  // B sequences of T tokens in all, D width.
  void logits(const TokenBatch& batch, ClassifierState& state, std::span<float> out) const override {
    OpContext& context = state.context;
    const auto sequence_count = static_cast<uint32_t>(batch.starts.size() - 1);
    const auto token_count = static_cast<uint32_t>(batch.ids.size());
    state.positions.resize(token_count);
    for (uint32_t s = 0; s < sequence_count; ++s) {
      for (uint32_t i = batch.starts[s]; i < batch.starts[s + 1]; ++i)
        state.positions[i] = i - batch.starts[s];
    }
    const MatrixView hidden = state.encoder.hidden.resize(token_count, shape_.width);  // [T, D]
    embed(context, batch.ids, state.positions, embeddings_, embedding_norm_, hidden);
    const MatrixView first = encode_first_tokens(context, encoder_, batch.starts, state.encoder);  // [B, D]
    const MatrixView pooled = state.pooled.resize(sequence_count, shape_.width);                   // [B, D]
    linear(context, first, pre_classifier_, Activation::kRelu, pooled);
    linear(context, pooled, classifier_, Activation::kNone,
           {out.data(), sequence_count, label_count_, label_count_});  // [B, labels]
  }

  uint32_t label_count() const override { return label_count_; }
  uint32_t vocabulary_size() const override { return shape_.vocabulary; }
  uint32_t position_count() const override { return shape_.positions; }
  const Kernels& kernels() const override { return *kernels_; }
  const std::vector<DType>& stored_types() const override { return stored_types_; }

 private:
  DistilBertShape shape_;
  uint32_t label_count_;
  const Kernels* kernels_;
  std::unique_ptr<Weights> weights_;  // keeps the embedding tables mapped
  std::vector<DType> stored_types_;
  EmbeddingTables embeddings_;
  LayerNormWeights embedding_norm_;
  EncoderWeights encoder_;
  PackedLinear pre_classifier_;
  PackedLinear classifier_;
};

}  // namespace

Result<std::unique_ptr<SequenceClassifier>> load_distilbert_classifier(ClassifierSource source) {
  // sinusoidal_pos_embds changes only how training began: the file holds the table either way, and
  // transformers reads it from there.
  PANNIER_ASSIGN(const DistilBertShape shape, read_shape(*source.config));
  TensorPicker picker(*source.weights);
  ModelTensors tensors = take_model(picker, shape, source.label_count);
  PANNIER_TRY(picker.status());
  return std::unique_ptr<SequenceClassifier>(
      std::make_unique<DistilBertClassifier>(shape, std::move(tensors), std::move(source), picker.dtypes()));
}

}  // namespace pannier
