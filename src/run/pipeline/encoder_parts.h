// EncoderParts: an encoder and its tokenizer, loaded from a model's folder whatever head the model has.
#pragma once

#include <memory>

#include "base/model_files.h"
#include "base/result.h"
#include "base/threads.h"
#include "run/model/text_encoder.h"
#include "run/text/tokenizer.h"

namespace pannier {

struct EncoderParts {
  std::unique_ptr<TextEncoder> encoder;
  std::unique_ptr<Tokenizer> tokenizer;
};

// kIncomplete with one message that names every missing file and what to fetch; kUnsupported with what is
// supported; kCorrupt with file, tensor and reason.
Result<EncoderParts> load_encoder_parts(const ModelFiles& files, const TokenizerLoadOptions& tokenizer,
                                        ThreadPool& pool);

}  // namespace pannier
