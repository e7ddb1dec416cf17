// The classification head that BERT and DistilBERT share: the first token's vector through one layer with
// an activation (BERT calls it the pooler), then through another to the logits.
#pragma once

#include <memory>
#include <string_view>

#include "run/model/absolute_position_encoder.h"
#include "run/model/sequence_classifier.h"

namespace pannier {

// How a family's head is built and called.
struct PooledHead {
  std::string_view pooler;      // "bert.pooler.dense": [D, D]
  std::string_view classifier;  // "classifier": [labels, D]
  Activation pooler_activation = Activation::kNone;
};

// Takes encoder and head out of source.weights. kIncomplete, naming it, where the head is missing; else
// as TensorPicker::status.
Result<std::unique_ptr<SequenceClassifier>> load_pooled_classifier(ModelSource source,
                                                                   const EncoderNames& names,
                                                                   const EncoderShape& shape,
                                                                   const PooledHead& head,
                                                                   uint32_t label_count);

// The encoder alone.
Result<std::unique_ptr<TextEncoder>> load_encoder(ModelSource source, const EncoderNames& names,
                                                  const EncoderShape& shape);

}  // namespace pannier
