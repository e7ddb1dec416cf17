// Volumes: a bundle cut into files that fit a medium, and parity files that can stand in for lost or damaged
// ones. Page: docs/formats/volumes.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct VolumeOptions {
  uint64_t volume_bytes = 0;    // of each file, its own header included; 0: one file
  uint32_t parity_percent = 0;  // of the data, 1 … 100; 0: none
  std::string only = {};        // a list as `resend` takes it: just these files are published
};

// What `pack` writes into: bytes come in order, the head's last (`write_at`), and end up in NAME.pannier or
// in NAME.v001.pannier … with NAME.p01.pannier … beside them. Nothing is visible under its name before
// `publish`; what was begun goes when the object does.
class BundleOutput {
 public:
  virtual ~BundleOutput() = default;
  // REQUIRES: not used after `publish`. Closing it does nothing; its `sync` brings all so far to the disk.
  virtual WritableFile& file() = 0;
  // Writes headers and parity, syncs, renames: what it made, in order, volumes first. `statement` is the
  // contents of pannier/statement.json; its digest binds all of them. Of several files the first volume is
  // renamed last, so that a set is never taken for whole before it is; on an error all are taken away again,
  // but where they replaced others. Once. kIo, kInvalid (exists already; `only` is of another bundle),
  // kInterrupted.
  virtual Result<std::vector<std::string>> publish(const std::string& statement,
                                                   const Transfer& transfer) = 0;
  Result<std::vector<std::string>> publish(const std::string& statement) { return publish(statement, {}); }
  // After `publish`: reads every byte back from the medium, past what the system remembers of it, and
  // compares it with what was written. kIo naming the file where it is not the same. Only then may a medium
  // be taken out.
  virtual Status read_back(const Transfer& transfer) = 0;
};
// `path`: of the bundle as one file; of several, they get their names from it. `bundle_bytes_max`: what the
// bundle will take at most; refused with both numbers where it does not fit. kInvalid where a file is there
// already unless `overwrite`, and where the options make no sense; kNotFound where the folder is not there.
Result<std::unique_ptr<BundleOutput>> create_bundle_output(FileSystem& fs, const std::string& path,
                                                           bool overwrite, const VolumeOptions& options,
                                                           uint64_t bundle_bytes_max);

// A bundle however it was cut, as one file. Bytes that are damaged or lost come out of parity where it
// suffices, in memory; media are never written to.
struct OpenedBundle {
  std::string what;                     // for messages: the path, or "NAME (3 volumes)"
  std::unique_ptr<ReadableFile> bytes;  // thread-safe
  std::vector<std::string> files;       // volumes in order, then parity
};
// `paths`: files, or folders in which the volumes lie, in any order. Volumes and parity that lie beside a
// file and are of the same bundle are taken too. A single bundle file without parity is the plain case and
// costs nothing more. kNotFound; kIncomplete naming what is missing, with the list to send again; kInvalid
// for volumes of different bundles; kCorrupt; as ReadableFile::read_at of `bytes` too. `uncached`: bytes
// come from the medium, not from what the system remembers of it.
Result<OpenedBundle> open_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                 bool uncached = false);

}  // namespace pannier
