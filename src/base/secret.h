// Secrets in memory: bytes that are wiped when they are no longer needed, and random ones to make them from.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// Overwrites with zeros, in a way that no compiler leaves out.
void wipe(MutableByteSpan bytes);
inline void wipe(std::string& text) {
  wipe({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  text.clear();
}
inline void wipe(Bytes& bytes) {
  wipe(MutableByteSpan(bytes));
  bytes.clear();
}

// Bytes that nobody can guess, from the kernel (getrandom). kIo.
Status fill_random(MutableByteSpan out);

// A passphrase, or the decrypted contents of a key file. Wiped at the end; moved, never copied.
// It never grows in place, since a string that grows leaves its old bytes behind.
class Secret {
 public:
  Secret() = default;
  // Takes the text over and wipes what is left of it.
  explicit Secret(std::string&& text) : text_(text) { wipe(text); }
  explicit Secret(ByteSpan bytes) : text_(as_text(bytes)) {}
  // Copies and wipes: a string that is moved from may keep its bytes.
  Secret(Secret&& other) noexcept { *this = std::move(other); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe(text_);
      text_ = other.text_;
      wipe(other.text_);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(text_); }

  bool empty() const { return text_.empty(); }
  std::string_view text() const { return text_; }
  ByteSpan bytes() const { return as_bytes(text_); }
  MutableByteSpan writable() { return {reinterpret_cast<uint8_t*>(text_.data()), text_.size()}; }

 private:
  std::string text_;
};

}  // namespace pannier
