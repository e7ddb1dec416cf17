#include "base/fingerprint.h"

#include "base/fingerprint_words.h"

namespace pannier {
namespace {

constexpr size_t kWords = 16;

// Lower case, without what people put between groups.
std::string squeezed(std::string_view typed) {
  std::string text;
  for (const char c : typed) {
    if (c == ' ' || c == '\t' || c == '/' || c == '-' || c == ',' || c == '\n') continue;
    text.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return text;
}

}  // namespace

std::string fingerprint_hex(const Digest& digest) {
  std::string text;
  const std::string hex = digest.hex();
  for (size_t i = 0; i < hex.size(); i += 4) {
    if (i > 0) text.push_back(' ');
    text += hex.substr(i, 4);
  }
  return text;
}

std::string fingerprint_words(const Digest& digest) {
  std::string text;
  for (size_t i = 0; i < kWords; ++i) {
    if (i > 0) text += i % 4 == 0 ? " / " : " ";
    text += kFingerprintWords[digest.bytes[i]];
  }
  return text;
}

bool is_fingerprint_of(const Digest& digest, std::string_view typed) {
  // Far more than any fingerprint: nobody typed that.
  if (typed.size() > 4096) return false;
  std::string text = squeezed(typed);
  if (text.starts_with("sha256:")) text.erase(0, 7);
  // No two rows of words run together to the same letters: their three first letters tell them apart.
  return text == digest.hex() || text == squeezed(fingerprint_words(digest));
}

}  // namespace pannier
