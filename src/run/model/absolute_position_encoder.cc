// Loading and running an encoder with absolute positions: see absolute_position_encoder.h.
#include "run/model/absolute_position_encoder.h"

#include <array>
#include <string>
#include <utility>

#include "base/limits.h"
#include "run/model/layer_packer.h"

namespace pannier {
namespace {

struct NamedActivation {
  std::string_view name;
  Activation activation;
};

// By the names config.json uses. Several name one function, written out in Python or done by a library.
constexpr std::array<NamedActivation, 6> kActivations = {{
    {"gelu", Activation::kGelu},
    {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},
    {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh},
    {"relu", Activation::kRelu},
}};

Result<Activation> read_activation(const ModelConfig& config, std::string_view key) {
  PANNIER_ASSIGN(const std::string name, ConfigReader(config).word(key, "gelu"));
  std::string supported;
  for (const NamedActivation& known : kActivations) {
    if (known.name == name) return known.activation;
    supported += (supported.empty() ? "" : ", ") + std::string(known.name);
  }
  Error error = config_error(ErrorKind::kUnsupported, config.root()[key], key,
                             "is '" + name + "'; supported: " + supported);
  error.hint = "use a model with one of these activations";
  return error;
}

NormTensors take_norm(TensorPicker& picker, const std::string& name, uint32_t width) {
  return {picker.take(name + ".weight", {width}), picker.take(name + ".bias", {width})};
}

BlockTensors take_block(TensorPicker& picker, const std::string& prefix, const EncoderNames& names,
                        const EncoderShape& shape) {
  const uint32_t d = shape.width;
  const uint32_t f = shape.feed_forward_width;
  const auto name = [&prefix](std::string_view part) { return prefix + std::string(part); };
  BlockTensors block;
  block.query = take_linear(picker, name(names.query), d, d);
  block.key = take_linear(picker, name(names.key), d, d);
  block.value = take_linear(picker, name(names.value), d, d);
  block.attention_out = take_linear(picker, name(names.attention_out), d, d);
  block.attention_norm = take_norm(picker, name(names.attention_norm), d);
  block.feed_forward_in = take_linear(picker, name(names.feed_forward_in), f, d);
  block.feed_forward_out = take_linear(picker, name(names.feed_forward_out), d, f);
  block.feed_forward_norm = take_norm(picker, name(names.feed_forward_norm), d);
  return block;
}

LayerNormWeights load_norm(const Kernels& kernels, const NormTensors& tensors, float epsilon) {
  return load_layer_norm(kernels, tensors.gain, tensors.bias, epsilon);
}

EncoderBlockWeights pack_block(LayerPacker& packer, const BlockTensors& tensors, float epsilon) {
  const Kernels& kernels = packer.kernels();
  EncoderBlockWeights block;
  block.query = packer.pack(tensors.query);
  block.key_value = packer.pack(std::array<LinearTensors, 2>{tensors.key, tensors.value});
  block.attention_out = packer.pack(tensors.attention_out);
  block.attention_norm = load_norm(kernels, tensors.attention_norm, epsilon);
  block.feed_forward_in = packer.pack(tensors.feed_forward_in);
  block.feed_forward_out = packer.pack(tensors.feed_forward_out);
  block.feed_forward_norm = load_norm(kernels, tensors.feed_forward_norm, epsilon);
  return block;
}

}  // namespace

Result<EncoderShape> read_encoder_shape(const ModelConfig& config, const EncoderKeys& keys) {
  const ConfigReader reader(config);
  EncoderShape shape;
  PANNIER_ASSIGN(shape.vocabulary, reader.dimension("vocab_size", 30522, limits::kVocabularyEntriesMax));
  PANNIER_ASSIGN(shape.positions, reader.dimension("max_position_embeddings", 512, limits::kPositionsMax));
  PANNIER_ASSIGN(shape.width, reader.dimension(keys.width, 768, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.heads, reader.dimension(keys.heads, 12, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.blocks, reader.dimension(keys.blocks, keys.default_blocks, limits::kLayersMax));
  PANNIER_ASSIGN(shape.feed_forward_width,
                 reader.dimension(keys.feed_forward_width, 3072, limits::kHiddenSizeMax));
  PANNIER_ASSIGN(shape.activation, read_activation(config, keys.activation));
  if (shape.width % shape.heads != 0) {
    return config_error(ErrorKind::kCorrupt, config.root()[keys.heads], keys.heads,
                        "is " + std::to_string(shape.heads) + ", which does not divide " +
                            std::string(keys.width) + " " + std::to_string(shape.width));
  }
  return shape;
}

LinearTensors take_linear(TensorPicker& picker, const std::string& name, uint32_t outputs, uint32_t inputs) {
  return {picker.take(name + ".weight", {outputs, inputs}), picker.take(name + ".bias", {outputs})};
}

EncoderTensors take_encoder(TensorPicker& picker, const EncoderNames& names, const EncoderShape& shape) {
  const uint32_t d = shape.width;
  const std::string base = std::string(names.base) + ".";
  EncoderTensors tensors;
  tensors.embeddings.words = picker.take(base + "embeddings.word_embeddings.weight", {shape.vocabulary, d});
  tensors.embeddings.positions =
      picker.take(base + "embeddings.position_embeddings.weight", {shape.positions, d});
  if (shape.types > 0) {
    tensors.embeddings.types =
        picker.take(base + "embeddings.token_type_embeddings.weight", {shape.types, d});
  }
  tensors.embedding_norm = take_norm(picker, base + "embeddings.LayerNorm", d);
  for (uint32_t i = 0; i < shape.blocks; ++i) {
    const std::string prefix = base + std::string(names.blocks) + "." + std::to_string(i) + ".";
    tensors.blocks.push_back(take_block(picker, prefix, names, shape));
  }
  return tensors;
}

AbsolutePositionEncoder::AbsolutePositionEncoder(const EncoderShape& shape, const EncoderTensors& tensors,
                                                 ModelSource source, std::vector<DType> stored_types)
    : shape_(shape),
      kernels_(source.kernels),
      weights_(std::move(source.weights)),
      stored_types_(std::move(stored_types)),
      embeddings_(tensors.embeddings) {
  OpContext context(*kernels_, source.pool);
  const float epsilon = shape.layer_norm_epsilon;
  embedding_norm_ = load_norm(*kernels_, tensors.embedding_norm, epsilon);
  encoder_.width = shape.width;
  encoder_.head_count = shape.heads;
  encoder_.feed_forward_width = shape.feed_forward_width;
  encoder_.activation = shape.activation;
  LayerPacker packer(context, encoder_.arena, *weights_);
  for (const BlockTensors& block : tensors.blocks) {
    encoder_.blocks.push_back(pack_block(packer, block, epsilon));
  }
}

PackedLinear AbsolutePositionEncoder::pack_on_top(const LinearTensors& layer, ThreadPool* pool) {
  OpContext context(*kernels_, pool);
  return LayerPacker(context, encoder_.arena, *weights_).pack(layer);
}

// Into state.encoder.hidden, [tokens, D].
void AbsolutePositionEncoder::embed_batch(const TokenBatch& batch, ModelState& state) const {
  state.positions.resize(batch.ids.size());
  for (size_t s = 0; s + 1 < batch.starts.size(); ++s) {
    for (uint32_t i = batch.starts[s]; i < batch.starts[s + 1]; ++i) {
      state.positions[i] = i - batch.starts[s];
    }
  }
  const MatrixView hidden =
      state.encoder.hidden.resize(static_cast<uint32_t>(batch.ids.size()), shape_.width);
  embed(state.context, {batch.ids, batch.type_ids, state.positions}, embeddings_, embedding_norm_, hidden);
}

MatrixView AbsolutePositionEncoder::hidden_states(const TokenBatch& batch, ModelState& state) const {
  embed_batch(batch, state);
  return encode_all_tokens(state.context, encoder_, batch.starts, state.encoder);
}

MatrixView AbsolutePositionEncoder::first_hidden_states(const TokenBatch& batch, ModelState& state) const {
  embed_batch(batch, state);
  return encode_first_tokens(state.context, encoder_, batch.starts, state.encoder);
}

}  // namespace pannier
