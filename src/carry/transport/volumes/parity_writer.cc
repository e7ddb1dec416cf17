#include "carry/transport/volumes/parity_writer.h"

namespace pannier {

Result<std::vector<std::string>> write_parity(FileSystem&, ReadableFile&, const VolumeSetShape&,
                                              const std::string&, const Transfer&) {
  return Error{ErrorKind::kUnsupported, "parity is not written yet", ""};
}

}  // namespace pannier
