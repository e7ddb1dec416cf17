#include "format/pem.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/limits.h"
#include "format/base64.h"

namespace pannier {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";
constexpr size_t kLineCharacters = 64;
constexpr size_t kLabelCharactersMax = 64;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_spaces_before(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

Error corrupt(std::string_view what, std::string_view reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason),
          "a key file is PEM text, as openssl writes it"};
}

// Takes the next block off the front of `text`.
Result<PemBlock> take_block(std::string_view& text, std::string_view what) {
  if (!text.starts_with(kBegin)) return corrupt(what, "does not begin with \"-----BEGIN \"");
  text.remove_prefix(kBegin.size());
  const size_t label_end = text.find(kDashes);
  if (label_end > kLabelCharactersMax) {  // not found at all is above it too
    return corrupt(what, "its first line has no end");
  }
  PemBlock block;
  block.label = text.substr(0, label_end);
  text.remove_prefix(label_end + kDashes.size());
  const std::string end_line = fmt::format("{}{}{}", kEnd, block.label, kDashes);
  const size_t body_end = text.find(end_line);
  if (body_end == std::string_view::npos) {
    return corrupt(what, fmt::format("the line \"{}\" is missing", for_display(end_line)));
  }
  const std::string_view body = text.substr(0, body_end);
  text.remove_prefix(body_end + end_line.size());
  if (body.find(':') != std::string_view::npos) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: an old kind of encrypted key (\"Proc-Type\")", what),
                 "write it anew: `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"};
  }
  std::string characters;
  characters.reserve(body.size());
  std::copy_if(body.begin(), body.end(), std::back_inserter(characters), [](char c) { return !is_space(c); });
  auto der = base64_decode(characters);
  wipe(characters);
  if (!der.ok()) return corrupt(what, der.error().message);
  block.der = Secret(std::move(der).value());
  return block;
}

}  // namespace

Result<PemBlock> parse_pem(std::string_view text, std::string_view what) {
  if (text.size() > limits::kKeyFileBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} bytes, a key file has at most {}", what, text.size(), limits::kKeyFileBytesMax),
        ""};
  }
  text = without_spaces_before(text);
  PANNIER_ASSIGN(PemBlock block, take_block(text, what));
  text = without_spaces_before(text);
  if (block.label == "EC PARAMETERS") {
    PANNIER_ASSIGN(block, take_block(text, what));
    text = without_spaces_before(text);
  }
  if (!text.empty()) return corrupt(what, "something follows the end of the key");
  return block;
}

std::string write_pem(std::string_view label, ByteSpan der) {
  const std::string characters = base64_encode(as_text(der));
  std::string text = fmt::format("{}{}{}\n", kBegin, label, kDashes);
  for (size_t i = 0; i < characters.size(); i += kLineCharacters) {
    text += characters.substr(i, kLineCharacters);
    text.push_back('\n');
  }
  return text + fmt::format("{}{}{}\n", kEnd, label, kDashes);
}

}  // namespace pannier
