// Sentence embeddings: texts to one vector each, as sentence-transformers' `encode` gives them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"
#include "base/threads.h"

namespace pannier {

// What came of one text.
struct Embedding {
  std::vector<float> values;         // [dimension()]
  uint32_t token_count = 0;          // as the model saw it, special tokens included
  uint32_t dropped_token_count = 0;  // cut off because the model takes no more; 0 when nothing was
};

class SentenceEmbedding {
 public:
  virtual ~SentenceEmbedding() = default;

  // A folder of sentence-transformers as its modules.json says; any other by mean pooling, which note()
  // then tells. Errors as FeatureExtraction::load and read_sentence_transformers_config; kCorrupt where the
  // pooling is made for another width than the encoder's. `pool` must outlive the object; `files` need not.
  static Result<std::unique_ptr<SentenceEmbedding>> load(const ModelFiles& files, ThreadPool& pool);

  // In input order, the same bits whatever the batch and the threads.
  virtual Result<std::vector<Embedding>> run(std::span<const std::string> texts) = 0;

  virtual uint32_t dimension() const = 0;
  // What to tell the user once, for instance "weights are F16, computed in fp32"; empty if nothing.
  virtual const std::string& note() const = 0;
};

}  // namespace pannier
