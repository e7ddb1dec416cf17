// What a model folder must hold, told in one message.
#pragma once

#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

// kIncomplete, naming every file that a text model needs and the folder lacks, and what to fetch;
// kUnsupported where only the weights are missing because they are in a container we cannot read.
Status check_required_files(const ModelFiles& files);

}  // namespace pannier
