// VolumeFiles: one stream of bytes cut into files of a fixed size behind headers that come later.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "format/volume.h"

namespace pannier {

// All files are temporary ones; whoever made this removes or renames them.
class VolumeFiles : public WritableFile {
 public:
  // `prefix`: of the temporary files' paths. `volume_bytes`: contents of each, 0: one file without header.
  // `block_bytes`: what a check sum covers. `fs` must outlive the object.
  VolumeFiles(FileSystem& fs, std::string prefix, uint64_t volume_bytes, uint64_t block_bytes);

  Status append(ByteSpan bytes) override;
  Status write_at(uint64_t offset, ByteSpan bytes) override;
  Status sync() override;
  Status close() override { return {}; }

  uint64_t bytes() const { return bytes_; }
  const std::vector<std::string>& temporaries() const { return temporaries_; }
  uint64_t header_bytes() const { return volume_bytes_ == 0 ? 0 : kVolumeHeaderBytes; }
  // Of the contents of that volume as they are now: see VolumeHeader::crc. Reads again what `write_at`
  // changed.
  Result<uint32_t> crc(uint32_t volume);
  // REQUIRES: there are headers.
  Status write_header(uint32_t volume, const std::string& header);
  // For reading it all as one. Costs a descriptor a volume.
  Result<std::unique_ptr<ReadableFile>> open() const;

 private:
  Status begin_volume();
  Result<RandomAccessFile*> volume(uint32_t number);
  void add_to_check_sums(ByteSpan bytes);
  Status refresh_check_sums(uint32_t volume);

  FileSystem& fs_;
  const std::string prefix_;
  const uint64_t volume_bytes_;
  const uint64_t block_bytes_;
  uint64_t bytes_ = 0;
  std::vector<std::string> temporaries_;
  std::unique_ptr<RandomAccessFile> current_;  // the last volume
  std::unique_ptr<RandomAccessFile> other_;    // one before it that was written to again
  uint32_t other_number_ = 0;
  // One a block of the stream, volumes being whole blocks.
  std::vector<uint32_t> check_sums_;
  uint64_t changed_bytes_ = 0;  // of the beginning, by write_at
};

}  // namespace pannier
