// SeamBlocks: a block in which one segment ends and the next begins is read and digested once, by whoever
// comes first, and kept for the other.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// Block buffers that are used again: 4 MiB of fresh memory cost about as much as digesting it does.
// Thread-safe; a buffer comes back by itself, and may outlive the pool.
class BlockBuffers {
 public:
  explicit BlockBuffers(size_t bytes) : shared_(std::make_shared<Shared>()), bytes_(bytes) {}
  std::shared_ptr<Bytes> take();

 private:
  struct Shared {
    std::mutex mutex;
    std::vector<std::unique_ptr<Bytes>> free;
  };
  std::shared_ptr<Shared> shared_;
  size_t bytes_;
};

// Thread-safe.
class SeamBlocks {
 public:
  struct Verified {
    std::shared_ptr<const Bytes> buffer;
    Status status;
  };
  // The right and the duty to read a block: `publish` what came out. Destroyed without, it publishes that
  // the reading was given up, so that nobody waits for ever.
  class Claim {
   public:
    Claim(SeamBlocks& seams, uint64_t block) : seams_(&seams), block_(block) {}
    ~Claim();
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;
    void publish(Verified verified);

   private:
    SeamBlocks* seams_;
    uint64_t block_;
    bool published_ = false;
  };

  // For the first to ask: a claim. For the second: null, and `verified` is what the first one published;
  // waits for it. REQUIRES: asked twice at most for each block.
  std::unique_ptr<Claim> claim(uint64_t block, Verified& verified);

 private:
  struct Seam {
    bool published = false;
    Verified verified;
  };
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, Seam> seams_;
};

}  // namespace pannier
