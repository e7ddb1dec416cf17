// Which of PyTorch's formats a file is in: see pytorch_file.h.
#include "format/pytorch_file.h"

#include "format/pytorch_legacy.h"
#include "format/pytorch_zip.h"
#include "format/zip_index.h"

namespace pannier {
namespace {

constexpr uint64_t kTarMagicOffset = 257;

bool looks_like_tar(ByteSpan file) {
  return file.size() > kTarMagicOffset + 5 && as_text(file.subspan(kTarMagicOffset, 5)) == "ustar";
}

}  // namespace

Result<std::vector<PytorchTensor>> parse_pytorch(ByteSpan file, std::string_view what) {
  if (looks_like_zip(file)) return parse_pytorch_zip(file, what);
  if (looks_like_tar(file)) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + " at byte 0: a tar archive, as PyTorch before 0.1.10 wrote them",
                 "load and save it again with a newer PyTorch, or get the model as model.safetensors"};
  }
  if (!looks_like_pytorch_legacy(file)) {
    return Error{
        ErrorKind::kCorrupt,
        std::string(what) + " at byte 0: neither a zip archive nor a pickle, so not made by torch.save",
        "the file is damaged, or its name misleads (a pointer of a version control system, a web "
        "page); fetch it again and compare its SHA-256"};
  }
  return parse_pytorch_legacy(file, what);
}

}  // namespace pannier
