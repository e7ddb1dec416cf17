// PartEncoder: turns the contents of a file into the parts in which it crosses, on several processors at
// once.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/bounded_queue.h"
#include "carry/transport/transfer.h"
#include "carry/transport/transport_plan.h"
#include "format/bundle_parts.h"
#include "format/part_codec.h"

namespace pannier {

// A file and what it must hold.
struct EncodingSource {
  std::string file;
  std::string path;  // what it is called in its model
  BlobInfo blob;
  std::optional<PlannedBase> base = std::nullopt;
};

// Threads that encode. Calls come from one thread. Memory: 40 MiB a thread, and 64 MiB.
class PartEncoder {
 public:
  // The same parts come out whatever the number of threads. REQUIRES: thread_count >= 1.
  PartEncoder(FileSystem& fs, uint32_t thread_count);
  ~PartEncoder();
  PartEncoder(const PartEncoder&) = delete;
  PartEncoder& operator=(const PartEncoder&) = delete;

  // As many as processors, as far as memory allows.
  static uint32_t default_thread_count();

  // Encodes the file and hands every part to `take`, in order, from the calling thread; then says what they
  // are. Progress is in bytes of the file. kCorrupt where the file is not what `source.blob` says ("changed
  // while it was packed"); kIo, kInterrupted; an error of `take`.
  Result<EncodedBlob> encode(const EncodingSource& source, const Transfer& transfer,
                             const std::function<Status(const BundlePart&, ByteSpan)>& take);

 private:
  // Raw bytes of a part and what they become; used again for the next.
  struct Piece {
    Bytes raw;
    EncodedPart part;
  };
  using Task = std::packaged_task<Status()>;
  class Flight;
  void run();

  FileSystem& fs_;
  std::vector<std::unique_ptr<Piece>> idle_;  // of the calling thread
  BoundedQueue<Task> tasks_;
  std::vector<std::thread> threads_;
};

// "FILE changed while it was packed: DETAIL".
Error changed_while_packed(const std::string& file, const std::string& detail);

}  // namespace pannier
