// vocab.txt: one token a line, the line's number is its id.
#pragma once

#include <string_view>

#include "base/result.h"
#include "run/text/vocabulary.h"

namespace pannier {

// Finished. Lines end with \n or \r\n; white space at their ends goes; a token given twice has the
// later id. kCorrupt for invalid UTF-8 and for NUL (the file is then not text), with the line.
Result<Vocabulary> parse_vocab_txt(std::string_view text);

}  // namespace pannier
