// open_bundle: the reading side of volume_set.h.
#include "carry/transport/volumes/volume_set.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "carry/transport/volumes/found_set.h"
#include "format/tar.h"

namespace pannier {
namespace {

std::string labels_of(const FoundSet& found, const std::vector<SetMember>& members) {
  std::string text;
  for (const SetMember& member : members) {
    if (!text.empty()) text += ", ";
    text += found.file_name_of(member);
  }
  return text;
}

Error missing(const FoundSet& found, const std::vector<SetMember>& volumes) {
  std::string why;
  for (const Error& error : found.damaged) why += "; " + error.message;
  return {ErrorKind::kIncomplete,
          fmt::format("{}: missing {}{}", found.what(), labels_of(found, volumes), why),
          fmt::format("give them too, or have them sent again: {}",
                      write_resend_list(found.set.identity, volumes))};
}

// The contents of pannier/statement.json, by whose digest all files of a set know each other.
Status check_identity(ReadableFile& bytes, const FoundSet& found) {
  const auto differs = [&] {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: it does not begin with the statement that its volumes name", found.what()),
                 "copy the first volume again from where it was packed"};
  };
  std::string header(std::min<uint64_t>(kTarBlockBytes, bytes.size()), '\0');
  PANNIER_TRY(bytes.read_at(0, {reinterpret_cast<uint8_t*>(header.data()), header.size()}));
  const auto entry = parse_tar_header(as_bytes(header), 0, found.what());
  if (!entry.ok() || entry->entry.bytes > limits::kStatementBytesMax) return differs();
  if (entry->entry.bytes > bytes.size() - kTarBlockBytes) return differs();
  Bytes statement(entry->entry.bytes);
  PANNIER_TRY(bytes.read_at(kTarBlockBytes, statement));
  return sha256(ByteSpan(statement)) == found.set.identity ? Status() : differs();
}

}  // namespace

Result<OpenedBundle> open_bundle(FileSystem& fs, const std::vector<std::string>& paths, bool uncached) {
  PANNIER_ASSIGN(const FoundSet found, find_volume_set(fs, paths, uncached));
  OpenedBundle bundle{found.what(), nullptr, found.files()};
  if (found.is_one_file() && !found.has_parity()) {
    // As it lies: what is wrong with its size is for its reader to tell.
    struct Plain : ReadableFile {
      explicit Plain(std::shared_ptr<ReadableFile> the_file) : file(std::move(the_file)) {}
      uint64_t size() const override { return file->size(); }
      Status read_at(uint64_t offset, MutableByteSpan out) override { return file->read_at(offset, out); }
      std::shared_ptr<ReadableFile> file;
    };
    bundle.bytes = std::make_unique<Plain>(found.volumes.front()->file);
    return bundle;
  }
  if (const auto volumes = found.missing_volumes(); !volumes.empty()) return missing(found, volumes);
  bundle.bytes = found.contents();
  PANNIER_TRY(check_identity(*bundle.bytes, found));
  return bundle;
}

}  // namespace pannier
