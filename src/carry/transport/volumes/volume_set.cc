#include "carry/transport/volumes/volume_set.h"

namespace pannier {

Result<OpenedBundle> open_bundle(FileSystem& fs, const std::vector<std::string>& paths, bool) {
  if (paths.size() != 1) return Error{ErrorKind::kUnsupported, "several volumes are not read yet", ""};
  OpenedBundle bundle{paths.front(), nullptr, paths};
  PANNIER_ASSIGN(bundle.bytes, fs.open(paths.front()));
  return bundle;
}

}  // namespace pannier
