// Source of the rules: the reference library's WordPiece::read_file.
#include "run/text/tokenizer_vocab_txt.h"

#include <fmt/core.h>

#include "base/utf8.h"
#include "run/text/unicode.h"

namespace pannier {
namespace {

constexpr std::string_view kFile = "vocab.txt";

}  // namespace

Result<Vocabulary> parse_vocab_txt(std::string_view text) {
  Vocabulary vocabulary;
  uint64_t id = 0;
  for (size_t begin = 0; begin < text.size(); ++id) {
    const size_t newline = text.find('\n', begin);
    const size_t end = newline == std::string_view::npos ? text.size() : newline;
    const std::string_view line = text.substr(begin, end - begin);
    if (const size_t invalid = utf8_find_invalid(line); invalid != std::string_view::npos) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: line {} is not valid UTF-8 (at byte {})", kFile, id + 1, begin + invalid),
                   "save the file as UTF-8, or fetch it again"};
    }
    if (const size_t nul = line.find('\0'); nul != std::string_view::npos) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: line {} has a NUL (at byte {})", kFile, id + 1, begin + nul),
                   "this is not a vocabulary, or it is damaged; fetch it again"};
    }
    PANNIER_TRY(vocabulary.add(line.substr(0, utf8_trailing_white(line)), id, kFile));
    begin = end + 1;
  }
  PANNIER_TRY(vocabulary.finish(kFile));
  return vocabulary;
}

}  // namespace pannier
