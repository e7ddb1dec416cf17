// pytorch_model.bin: what torch.save makes of a state_dict, in the zip or the legacy format.
// Page: docs/formats/weights.md.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/pickle_tensors.h"

namespace pannier {

// `file` is the whole file, `what` names it in messages; the tensors' bytes are not read. kCorrupt,
// kLimit, kUnsupported with offset and reason. The format is told from the first bytes.
Result<std::vector<PytorchTensor>> parse_pytorch(ByteSpan file, std::string_view what);

}  // namespace pannier
