#include "carry/transport/seam_blocks.h"

#include <cassert>

namespace pannier {

std::shared_ptr<Bytes> BlockBuffers::take() {
  std::unique_ptr<Bytes> buffer;
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->free.empty()) {
      buffer = std::move(shared_->free.back());
      shared_->free.pop_back();
    }
  }
  if (!buffer) buffer = std::make_unique<Bytes>(bytes_);
  return {buffer.release(), [shared = shared_](Bytes* used) {
            const std::lock_guard lock(shared->mutex);
            shared->free.emplace_back(used);
          }};
}

SeamBlocks::Claim::~Claim() {
  if (!published_) publish({nullptr, Error{ErrorKind::kInterrupted, "reading was given up", ""}});
}

void SeamBlocks::Claim::publish(Verified verified) {
  assert(!published_);
  published_ = true;
  const std::lock_guard lock(seams_->mutex_);
  Seam& seam = seams_->seams_[block_];
  seam.published = true;
  seam.verified = std::move(verified);
  seams_->changed_.notify_all();
}

std::unique_ptr<SeamBlocks::Claim> SeamBlocks::claim(uint64_t block, Verified& verified) {
  std::unique_lock lock(mutex_);
  const auto [seam, is_first] = seams_.try_emplace(block);
  if (is_first) return std::make_unique<Claim>(*this, block);
  changed_.wait(lock, [&] { return seam->second.published; });
  verified = std::move(seam->second.verified);
  seams_.erase(seam);
  return nullptr;
}

}  // namespace pannier
