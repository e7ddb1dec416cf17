// open_bundle: the reading side of volume_set.h.
#include "carry/transport/volumes/volume_set.h"

#include <fmt/core.h>

#include "carry/transport/volumes/found_set.h"
#include "carry/transport/volumes/repairing_file.h"
#include "carry/transport/volumes/set_identity.h"
#include "carry/transport/volumes/volume_check.h"

namespace pannier {
namespace {

Error missing(const FoundSet& found, const std::vector<SetMember>& volumes) {
  std::string names;
  for (const SetMember& volume : volumes) names += (names.empty() ? "" : ", ") + found.file_name_of(volume);
  for (const Error& error : found.damaged) names += "; " + error.message;
  return {ErrorKind::kIncomplete, fmt::format("{}: missing {}", found.what(), names),
          fmt::format("give them too, or have sent again: {}",
                      write_resend_list(found.set.identity, volumes_to_resend(found)))};
}

// By the statement's digest all files of a set know each other.
Status check_identity(ReadableFile& bytes, const FoundSet& found) {
  uint8_t first = 0;
  PANNIER_TRY(bytes.read_at(0, {&first, 1}));  // what parity cannot make good is told as that
  const auto digest = statement_digest(bytes);
  if (!digest.ok() && digest.error().kind != ErrorKind::kCorrupt) return digest.error();
  if (digest.ok() && *digest == found.set.identity) return {};
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: it does not begin with the statement that its volumes name", found.what()),
               "copy the first volume again from where it was packed"};
}

}  // namespace

Result<OpenedBundle> open_bundle(FileSystem& fs, const std::vector<std::string>& paths, bool uncached) {
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs, paths, uncached));
  OpenedBundle bundle{found.what(), nullptr, found.files()};
  if (found.is_one_file() && !found.has_parity()) {
    // As it lies: what is wrong with its size is for its reader to tell.
    bundle.bytes = found.contents();
    return bundle;
  }
  if (!volumes_to_resend(found).empty()) return missing(found, found.missing_volumes());
  if (found.has_parity()) {
    PANNIER_ASSIGN(bundle.bytes, RepairingFile::open(found));
  } else {
    bundle.bytes = found.contents();
  }
  PANNIER_TRY(check_identity(*bundle.bytes, found));
  return bundle;
}

}  // namespace pannier
