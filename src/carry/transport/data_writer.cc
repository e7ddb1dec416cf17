// Two threads, four buffers: one fills, one digests and writes.
#include "carry/transport/data_writer.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr size_t kBlocksInMemory = 4;

}  // namespace

DataWriter::DataWriter(WritableFile& file) : file_(file), free_(kBlocksInMemory), full_(kBlocksInMemory) {
  // Buffers come into being when first needed (see `run`): pushing empty ones costs nothing.
  for (size_t i = 0; i < kBlocksInMemory; ++i) free_.push(Bytes());
  thread_ = std::thread([this] { run(); });
}

DataWriter::~DataWriter() {
  if (thread_.joinable()) (void)join();
}

void DataWriter::run() {
  while (auto block = full_.pop()) {
    const ByteSpan bytes(block->buffer.data(), block->bytes);
    digests_.push_back(sha256(bytes));
    status_ = file_.append(bytes);
    if (!status_.ok()) break;
    free_.push(std::move(block->buffer));
  }
  // Wakes a caller that waits for a buffer: there is none any more.
  free_.close();
  full_.close();
}

Status DataWriter::join() {
  full_.close();
  if (thread_.joinable()) thread_.join();
  return status_;
}

Result<MutableByteSpan> DataWriter::space() {
  if (!current_) {
    auto buffer = free_.pop();
    if (!buffer) {
      PANNIER_TRY(join());
      assert(false && "the thread ended early without an error");
    }
    buffer->resize(limits::kBlockBytes);
    current_ = Block{std::move(*buffer), 0};
  }
  return MutableByteSpan(current_->buffer).subspan(current_->bytes);
}

Status DataWriter::advance(size_t bytes) {
  assert(current_ && bytes <= limits::kBlockBytes - current_->bytes);
  current_->bytes += bytes;
  return current_->bytes == limits::kBlockBytes ? hand_over() : Status();
}

Status DataWriter::hand_over() {
  Block block = std::move(*current_);
  current_.reset();
  if (full_.push(std::move(block))) return {};
  return join();
}

Status DataWriter::append(std::string_view bytes) {
  while (!bytes.empty()) {
    PANNIER_ASSIGN(const MutableByteSpan room, space());
    const size_t count = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), count);
    bytes.remove_prefix(count);
    PANNIER_TRY(advance(count));
  }
  return {};
}

Status DataWriter::append_zeros(uint64_t count) { return append(std::string(count, '\0')); }

Result<std::vector<Digest>> DataWriter::finish() {
  if (current_ && current_->bytes > 0) PANNIER_TRY(hand_over());
  PANNIER_TRY(join());
  return std::move(digests_);
}

}  // namespace pannier
