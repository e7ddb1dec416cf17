// Config, weights, family, tokenizer: see encoder_parts.h.
#include "run/pipeline/encoder_parts.h"

#include <utility>

#include "run/model/families.h"
#include "run/ops/dispatch.h"
#include "run/pipeline/required_files.h"

namespace pannier {

Result<EncoderParts> load_encoder_parts(const ModelFiles& files, const TokenizerLoadOptions& tokenizer,
                                        ThreadPool& pool) {
  PANNIER_TRY(check_required_files(files));
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::load(files));
  PANNIER_ASSIGN(const ModelFamily* const family, find_encoder_family(config));
  ModelSource source;
  source.config = &config;
  PANNIER_ASSIGN(source.weights, open_weights(files));
  source.kernels = &active_kernels();
  source.pool = &pool;
  EncoderParts parts;
  PANNIER_ASSIGN(parts.encoder, family->load_encoder(std::move(source)));
  PANNIER_ASSIGN(parts.tokenizer, Tokenizer::load(files, tokenizer));
  return parts;
}

}  // namespace pannier
