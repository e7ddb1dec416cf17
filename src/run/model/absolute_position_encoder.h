// The encoder that BERT and DistilBERT share: word, position and perhaps token type embeddings added up
// and normalised, then encoder blocks. A family says how its config.json and its tensors are called.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "run/model/text_encoder.h"
#include "run/ops/embedding.h"

namespace pannier {

struct EncoderShape {
  uint32_t vocabulary = 0;
  uint32_t positions = 0;
  uint32_t types = 0;  // 0: no token types
  uint32_t width = 0;  // D
  uint32_t heads = 0;
  uint32_t blocks = 0;
  uint32_t feed_forward_width = 0;  // F
  Activation activation = Activation::kGelu;
  float layer_norm_epsilon = 1e-12f;
};

// How a family's config.json calls these, and what transformers takes where it is silent.
struct EncoderKeys {
  std::string_view width, heads, blocks, feed_forward_width, activation;
  uint32_t default_blocks = 0;
};

// Without `types` and the epsilon, which are the family's own. kCorrupt, kLimit, kUnsupported: naming the
// key.
Result<EncoderShape> read_encoder_shape(const ModelConfig& config, const EncoderKeys& keys);

// How a family's tensors are called.
struct EncoderNames {
  std::string_view base;    // "bert": of the whole encoder
  std::string_view blocks;  // "encoder.layer": behind it come the block's number and one of these
  std::string_view query, key, value, attention_out, attention_norm;
  std::string_view feed_forward_in, feed_forward_out, feed_forward_norm;
};

struct NormTensors {
  TensorView gain, bias;
};

struct BlockTensors {
  LinearTensors query, key, value, attention_out;
  NormTensors attention_norm;
  LinearTensors feed_forward_in, feed_forward_out;
  NormTensors feed_forward_norm;
};

struct EncoderTensors {
  EmbeddingTables embeddings;
  NormTensors embedding_norm;
  std::vector<BlockTensors> blocks;
};

// "NAME.weight" [outputs, inputs] and "NAME.bias" [outputs].
LinearTensors take_linear(TensorPicker& picker, const std::string& name, uint32_t outputs, uint32_t inputs);

// All tensors of the encoder; ask picker.status() before using them.
EncoderTensors take_encoder(TensorPicker& picker, const EncoderNames& names, const EncoderShape& shape);

class AbsolutePositionEncoder : public TextEncoder {
 public:
  // Takes the weights out of `source`. `types` are those of the tensors it was made from.
  AbsolutePositionEncoder(const EncoderShape& shape, const EncoderTensors& tensors, ModelSource source,
                          std::vector<DType> stored_types);

  MatrixView hidden_states(const TokenBatch& batch, ModelState& state) const override;
  MatrixView first_hidden_states(const TokenBatch& batch, ModelState& state) const override;
  uint32_t width() const override { return shape_.width; }
  uint32_t vocabulary_size() const override { return shape_.vocabulary; }
  uint32_t position_count() const override { return shape_.positions; }
  uint32_t type_count() const override { return shape_.types; }
  const Kernels& kernels() const override { return *kernels_; }
  const std::vector<DType>& stored_types() const override { return stored_types_; }

  // Packs a layer of a head on top, whose tensors are of the same weights; it lives as long as the encoder.
  // `pool` may be null.
  PackedLinear pack_on_top(const LinearTensors& layer, ThreadPool* pool);

 private:
  void embed_batch(const TokenBatch& batch, ModelState& state) const;

  EncoderShape shape_;
  const Kernels* kernels_;
  std::unique_ptr<Weights> weights_;  // keeps the embedding tables mapped
  std::vector<DType> stored_types_;
  EmbeddingTables embeddings_;
  LayerNormWeights embedding_norm_;
  EncoderWeights encoder_;
};

}  // namespace pannier
