// text-classification (sentiment-analysis): texts to labels and scores, as transformers.pipeline gives them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"
#include "base/threads.h"

namespace pannier {

struct LabelScore {
  std::string label;
  double score = 0;  // a float32 widened, so that it prints as transformers prints it
};

// What happened to one text.
struct Classification {
  std::vector<LabelScore> scores;    // best first, at most top_k of them
  uint32_t token_count = 0;          // as the model saw it, special tokens included
  uint32_t dropped_token_count = 0;  // cut off because the model takes no more; 0 when nothing was
};

class TextClassification {
 public:
  virtual ~TextClassification() = default;

  // Loads config, tokenizer and weights. kIncomplete with one message that names every missing file
  // and what to fetch; kUnsupported with what is supported; kCorrupt with file, tensor and reason.
  // `pool` must outlive the object; `files` need not.
  static Result<std::unique_ptr<TextClassification>> load(const ModelFiles& files, ThreadPool& pool);

  // top_k == 0: all labels. Results in input order, the same whatever the batch and the threads.
  virtual Result<std::vector<Classification>> run(std::span<const std::string> texts, uint32_t top_k) = 0;
  // Raw logits, row-major [texts, labels]: for tests and for callers who want to score on their own.
  virtual Result<std::vector<float>> logits(std::span<const std::string> texts) = 0;

  virtual uint32_t label_count() const = 0;
  // What to tell the user once, for instance "weights are F16, computed in fp32"; empty if nothing.
  virtual const std::string& note() const = 0;
};

}  // namespace pannier
