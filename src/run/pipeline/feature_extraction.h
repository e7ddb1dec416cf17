// feature-extraction: texts to the vector a model makes of each of their tokens, as transformers.pipeline
// gives them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/model_files.h"
#include "base/result.h"
#include "base/threads.h"

namespace pannier {

// What came of one text.
struct Features {
  size_t index = 0;                  // of the text, among those given
  uint32_t token_count = 0;          // as the model saw it, special tokens included
  uint32_t dropped_token_count = 0;  // cut off because the model takes no more; 0 when nothing was
  std::span<const float> values;     // row-major [token_count, width()]; valid during the call only
};

class FeatureExtraction {
 public:
  virtual ~FeatureExtraction() = default;

  // Whatever head the model has is left out. kIncomplete with one message that names every missing file and
  // what to fetch; kUnsupported with what is supported; kCorrupt with file, tensor and reason. `pool` must
  // outlive the object; `files` need not.
  static Result<std::unique_ptr<FeatureExtraction>> load(const ModelFiles& files, ThreadPool& pool);

  // Calls `consume` for each text in input order and ends with the first error it returns: the vectors of
  // many texts at once would fill the memory. The same values whatever the batch and the threads.
  virtual Status run(std::span<const std::string> texts,
                     const std::function<Status(const Features&)>& consume) = 0;

  virtual uint32_t width() const = 0;
  // What to tell the user once, for instance "weights are F16, computed in fp32"; empty if nothing.
  virtual const std::string& note() const = 0;
};

}  // namespace pannier
