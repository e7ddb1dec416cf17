// Where the hub is, the token for it, and the local cache: from options and the environment, in the order
// in which huggingface_hub looks.
#pragma once

#include <functional>
#include <string>

#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"

namespace pannier {

// `option` (--hub-url), else $HF_ENDPOINT, else the public Hub.
std::string hub_endpoint(const std::string& option, const Environment& environment);

// The file that `option` names (--hub-token-file), else $HF_TOKEN, $HUGGING_FACE_HUB_TOKEN, the file
// $HF_TOKEN_PATH, else $HF_HOME/token; empty where there is none, or where HF_HUB_DISABLE_IMPLICIT_TOKEN
// says that only the option counts. A token never stands in a message.
// kNotFound, kIo: the option's file, or one that is there and cannot be read; kInvalid: no token in it.
Result<std::string> read_hub_token(FileSystem& fs, const std::string& option, const Environment& environment);

// $HF_HUB_CACHE, else $HF_HOME/hub; $HF_HOME is ~/.cache/huggingface where it is not set
// ($XDG_CACHE_HOME/huggingface). Empty where not even HOME is set.
std::string hf_cache_folder(const Environment& environment);

}  // namespace pannier
