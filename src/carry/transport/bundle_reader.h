// BundleReader: opens a bundle, checks its head, and hands out its contents, each byte only after
// the digest of its block matched. Page: docs/formats/bundle.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/transport/base_blobs.h"
#include "carry/transport/bundle_sink.h"
#include "carry/transport/head_reader.h"
#include "carry/transport/segment_lanes.h"
#include "carry/transport/transfer.h"
#include "carry/transport/volumes/volume_set.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"

namespace pannier {

// Says whether a bundle with this head may be read on: its index, and whatever decodes its data, are not
// touched before. Empty: every bundle may.
using HeadJudge = std::function<Status(const OpenedHead& head)>;

struct BundleReadOptions {
  const BaseBlobs* bases = nullptr;  // for deltas; null: there are none here
  Transfer transfer = {};
  // How many threads' worth of segments at once; 0: one a processor, as far as memory allows.
  uint32_t lanes = 0;
  uint64_t segment_bytes_min = 0;  // 0: as suits the bundle
  bool lanes_at_once = false;      // see LaneOptions
};

class BundleReader {
 public:
  // Reads and checks statement and roots, asks `judge`, then reads the index and compares all of it with the
  // size of the file. kNotFound, kIo; kIncomplete where bytes are missing at the end (how many, and from
  // which file on); kCorrupt, kUnsupported, kLimit; errors of `judge`. Memory: a few times the size of the
  // index.
  static Result<std::unique_ptr<BundleReader>> open(OpenedBundle opened, const HeadJudge& judge = {});
  // Of one file, or of the volumes that lie beside it. `fs` must outlive the reader.
  static Result<std::unique_ptr<BundleReader>> open(FileSystem& fs, const std::string& path,
                                                    const HeadJudge& judge = {});

  // The bundle's name in messages.
  const std::string& path() const { return opened_.what; }
  const std::vector<std::string>& files() const { return opened_.files; }
  const OpenedHead& head() const { return head_; }
  const BundleStatement& statement() const { return head_.statement; }
  const BundleIndex& index() const { return index_; }
  uint64_t data_offset() const { return data_offset_; }
  uint64_t bundle_bytes() const { return data_offset_ + index_.data_bytes; }

  // Reads all of the data once, and decodes what is encoded: each block's digest is checked before a byte of
  // it is used, then headers, padding and each blob's digest. The sink is fed from several threads. kCorrupt
  // names the block, its byte range in the file and the model files in it; of several errors that of the
  // earliest byte. Memory: at most 256 MiB. Const, but one call at a time.
  Status read_blobs(BundleSink& sink, const BundleReadOptions& options) const;
  // The same for the image index, manifests, configs and signatures, which come first, alone.
  Status read_manifests(BundleSink& sink) const;

 private:
  BundleReader() = default;
  Status read(const std::vector<BundleSegment>& segments, BundleSink& sink, const BaseBlobs* bases,
              const LaneOptions& lanes, const Transfer& transfer) const;

  OpenedBundle opened_;
  OpenedHead head_;
  BundleIndex index_;
  uint64_t data_offset_ = 0;
};

}  // namespace pannier
