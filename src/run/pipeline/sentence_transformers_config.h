// What a sentence-transformers folder says about how token vectors become one vector for a text:
// modules.json, the pooling, the longest text, the prompt. Read as sentence-transformers 5.6 reads them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"
#include "run/pipeline/pooling.h"

namespace pannier {

struct SentenceTransformersConfig {
  // Where the encoder's files lie: "" for the folder itself, else "0_Transformer".
  std::string transformer_folder;
  // The most tokens a text may have; no value: what the tokenizer's files say.
  std::optional<uint32_t> length_max;
  // Letters are lowered before the tokenizer does anything else.
  bool lowercase = false;
  std::vector<PoolingMode> pooling;  // at least one; their vectors are put one behind the other
  // The width of the encoder that the pooling was made for.
  std::optional<uint32_t> token_dimension;
  bool normalize = false;  // to unit length, after pooling
  std::string prompt;      // put before every text; mostly empty
  std::string note;        // what to tell the user once; empty if nothing
};

// Whether the folder is one of sentence-transformers.
bool has_sentence_transformers_config(const ModelFiles& files);

// The modules Transformer, Pooling and perhaps Normalize, in this order; kUnsupported, naming the module or
// the setting, for anything else that would change the numbers. kIncomplete where a module's file is not
// there; kCorrupt, kLimit.
Result<SentenceTransformersConfig> read_sentence_transformers_config(const ModelFiles& files);

// What sentence-transformers does with a folder that is none of its own: mean pooling, and a note that
// says so.
SentenceTransformersConfig default_sentence_transformers_config();

}  // namespace pannier
