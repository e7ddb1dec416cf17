// MemoryStream: a connection whose peer has said all it will ever say; for tests and fuzzers.
#pragma once

#include <algorithm>
#include <string>

#include "net/client/byte_stream.h"

namespace pannier {

class MemoryStream : public ByteStream {
 public:
  // Reads give at most `piece_bytes` of `incoming` at once, then the end.
  MemoryStream(std::string incoming, size_t piece_bytes)
      : incoming_(std::move(incoming)), piece_bytes_(piece_bytes) {}

  Result<size_t> read_some(MutableByteSpan out) override {
    const size_t bytes = std::min({out.size(), piece_bytes_, incoming_.size() - at_});
    std::copy_n(incoming_.data() + at_, bytes, out.data());
    at_ += bytes;
    hung_up_ = bytes == 0;
    return bytes;
  }
  Status write_all(ByteSpan bytes) override {
    written_ += as_text(bytes);
    return {};
  }
  bool readable() override { return true; }
  bool hung_up() const override { return hung_up_; }
  void set_deadline(Patience::Clock::time_point /*deadline*/) override {}

  const std::string& written() const { return written_; }

 private:
  std::string incoming_;
  size_t piece_bytes_;
  size_t at_ = 0;
  std::string written_;
  bool hung_up_ = false;
};

}  // namespace pannier
