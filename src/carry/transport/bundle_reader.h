// BundleReader: opens a bundle, checks its head, and hands out its contents, each byte only after
// the digest of its block matched. Page: docs/formats/bundle.md.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/fs.h"
#include "carry/transport/transfer.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"

namespace pannier {

// Takes the entries of a bundle's data, in order. All calls come from the thread that called
// `read_entries`. An error from any of them ends the reading.
class BundleEntrySink {
 public:
  virtual ~BundleEntrySink() = default;
  virtual Status begin_entry(const BundleEntry& entry) = 0;
  // Contents, in pieces of at most a block; the view lives for the call. The block they lie in is
  // verified; the entry's own digest is not yet.
  virtual Status entry_bytes(ByteSpan bytes) = 0;
  // The entry is whole and its digest matched.
  virtual Status end_entry(const BundleEntry& entry) = 0;
};

class BundleReader {
 public:
  // Reads and checks statement and index, and compares them with the size of the file. kNotFound,
  // kIo; kIncomplete where bytes are missing at the end (how many, and from which file on); kCorrupt,
  // kUnsupported, kLimit. `fs` must outlive the reader. Memory: a few times the size of the index.
  static Result<std::unique_ptr<BundleReader>> open(FileSystem& fs, const std::string& path);

  const std::string& path() const { return path_; }
  const BundleStatement& statement() const { return statement_; }
  const BundleIndex& index() const { return index_; }
  uint64_t data_offset() const { return data_offset_; }
  uint64_t bundle_bytes() const { return data_offset_ + index_.data_bytes; }

  // Reads all of the data once, in order: a second thread reads blocks ahead and checks their
  // digests, this thread checks headers, padding and each entry's digest and feeds the sink.
  // kCorrupt names the block, its byte range in the file and the model files in it. At most four
  // blocks are in memory. Const, but one call at a time.
  Status read_entries(BundleEntrySink& sink, const Transfer& transfer) const;
  // The same for the blocks that hold the image index, manifests and configs, which come first: the sink
  // gets all of these, and may get a part of what follows.
  Status read_manifests(BundleEntrySink& sink) const;

 private:
  BundleReader() = default;
  Status read_blocks(size_t count, BundleEntrySink& sink, const Transfer& transfer) const;
  std::string path_;
  std::unique_ptr<ReadableFile> file_;
  BundleStatement statement_;
  BundleIndex index_;
  uint64_t data_offset_ = 0;
};

}  // namespace pannier
