// DataWriter: appends the data of a bundle to a file; a thread of its own digests each block and
// writes it, while the caller fills the next.
#pragma once

#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/transport/bounded_queue.h"

namespace pannier {

class DataWriter {
 public:
  // `file` must outlive the writer and is used by its thread alone until `finish` returned. Takes
  // four blocks of memory.
  explicit DataWriter(WritableFile& file);
  // Without `finish`: what was handed over may or may not be written.
  ~DataWriter();
  DataWriter(const DataWriter&) = delete;
  DataWriter& operator=(const DataWriter&) = delete;

  // Room for the next bytes, never empty: fill a part of it and say how much by `advance`.
  // The error of an earlier write.
  Result<MutableByteSpan> space();
  // REQUIRES: bytes <= the room that `space` gave. The error of an earlier write.
  Status advance(size_t bytes);
  Status append(std::string_view bytes);
  Status append_zeros(uint64_t count);

  // Writes the rest and gives the digest of every block, in order.
  Result<std::vector<Digest>> finish();

 private:
  struct Block {
    Bytes buffer;
    size_t bytes = 0;
  };
  void run();
  Status hand_over();
  // Waits for the thread; the first error it met. Nothing can be appended afterwards.
  Status join();

  WritableFile& file_;
  BoundedQueue<Bytes> free_;
  BoundedQueue<Block> full_;
  std::optional<Block> current_;
  std::vector<Digest> digests_;  // the thread's, until joined
  Status status_;                // the thread's, until joined
  std::thread thread_;
};

}  // namespace pannier
