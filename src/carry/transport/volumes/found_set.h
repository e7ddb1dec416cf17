// FoundSet: the files of one bundle, as they lie on one medium or several.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/volumes/resend_list.h"
#include "format/volume.h"

namespace pannier {

struct FoundFile {
  std::string path;
  std::shared_ptr<ReadableFile> file;
  uint32_t crc = 0;  // of a volume, by its header
  // Taken by its name and size, since the set has parity that tells what of it is right.
  bool header_is_damaged = false;
};

struct FoundSet {
  // Of a bundle file without parity: its name and size, no identity.
  VolumeSetShape set;
  std::vector<std::optional<FoundFile>> volumes;  // by number; one where the bundle is one file
  std::vector<std::optional<FoundFile>> parity;   // by number
  std::vector<Error> damaged;                     // files that might have been of the set

  bool has_parity() const { return set.parity.percent != 0; }
  bool is_one_file() const { return set.volume_bytes == 0; }
  // How many bytes lie before the contents of a volume.
  uint64_t header_bytes() const { return is_one_file() ? 0 : kVolumeHeaderBytes; }
  uint64_t content_bytes(uint32_t volume) const {
    return is_one_file() ? set.bundle_bytes : set.volume_content_bytes(volume);
  }
  std::string file_name_of(const SetMember& member) const {
    return member.is_parity ? set.parity_file(member.number) : set.volume_file(member.number);
  }
  const std::optional<FoundFile>& found(const SetMember& member) const {
    return (member.is_parity ? parity : volumes)[member.number];
  }
  std::vector<SetMember> missing_volumes() const;
  std::vector<std::string> files() const;
  std::string what() const;  // "out/a.pannier", "a (3 volumes, 1 of parity)"
  // All volumes as one file, missing ones as holes.
  std::unique_ptr<ReadableFile> contents() const;
};

// As open_bundle: kNotFound, kIo, kInvalid, kCorrupt, kUnsupported. Volumes may be missing.
Result<FoundSet> find_volume_set(FileSystem& fs, const std::vector<std::string>& paths, bool uncached);

// Goes on with VolumeHeader::crc over more of the contents, which begin where a block does.
uint32_t add_block_sums(uint32_t crc, ByteSpan bytes, uint64_t block_bytes);

// Whether a volume's contents have the check sum of its header. False where not, or where they cannot be
// read.
bool check_volume(ReadableFile& file, const VolumeHeader& header);

}  // namespace pannier
