// BlockStream: reads the blocks of a bundle ahead on a thread of its own and hands out only those
// whose digest matched.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "base/fs.h"
#include "carry/transport/bounded_queue.h"
#include "format/bundle_index.h"

namespace pannier {

struct BlockSource {
  const std::string& path;  // for messages
  ReadableFile& file;
  const BundleIndex& index;
  uint64_t data_offset = 0;
};

class BlockStream {
 public:
  // What `source` refers to must outlive the stream. Takes four blocks of memory.
  explicit BlockStream(const BlockSource& source);
  // Stops reading ahead and waits for the thread.
  ~BlockStream();
  BlockStream(const BlockStream&) = delete;
  BlockStream& operator=(const BlockStream&) = delete;

  // The next block, verified; the view lives until the next call. kCorrupt naming block, byte range
  // and files; kIo. REQUIRES: called at most once per block, and not after an error.
  Result<ByteSpan> next();

 private:
  struct Block {
    Bytes buffer;
    size_t bytes = 0;
    Status status;
  };
  void run();
  Status read_block(uint64_t number, Block& block) const;

  BlockSource source_;
  BoundedQueue<Bytes> free_;
  BoundedQueue<Block> verified_;
  std::optional<Block> current_;
  std::thread thread_;
};

}  // namespace pannier
