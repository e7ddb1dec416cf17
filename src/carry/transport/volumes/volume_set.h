// Volumes: a bundle cut into files that fit a medium, and parity files that can stand in for lost or damaged
// ones. Page: docs/formats/volumes.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct VolumeOptions {
  uint64_t volume_bytes = 0;    // of each file, its own header included; 0: one file
  uint32_t parity_percent = 0;  // of the data; 0: none
};

// What `pack` writes into: bytes come in order, the head's last (`write_at`), and end up in NAME.pannier or
// in NAME.v001.pannier … with NAME.p01.pannier … beside them. Nothing is visible under its name before
// `publish`.
class BundleOutput {
 public:
  virtual ~BundleOutput() = default;
  virtual WritableFile& file() = 0;
  // Writes headers and parity, syncs, renames: what it made, in order. After it the statement's digest binds
  // all of them.
  virtual Result<std::vector<std::string>> publish(const std::string& statement) = 0;
};
// `bundle_bytes_max`: what the bundle will take at most; refused with both numbers where it does not fit.
// kInvalid where a file is there already unless `overwrite`.
Result<std::unique_ptr<BundleOutput>> create_bundle_output(FileSystem& fs, const std::string& path,
                                                           bool overwrite, const VolumeOptions& options,
                                                           uint64_t bundle_bytes_max);

// A bundle however it was cut, as one file. Bytes that are damaged or lost come out of parity where it
// suffices, in memory; media are never written to.
struct OpenedBundle {
  std::string what;                     // for messages: the path, or "NAME (3 volumes)"
  std::unique_ptr<ReadableFile> bytes;  // thread-safe
  std::vector<std::string> files;
};
// `paths`: files, or folders in which the volumes lie, in any order. A single bundle file is the plain case
// and costs nothing more. kIncomplete naming what is missing; kInvalid for volumes of different bundles;
// kCorrupt; as ReadableFile::read_at of `bytes` too.
Result<OpenedBundle> open_bundle(FileSystem& fs, const std::vector<std::string>& paths);

}  // namespace pannier
