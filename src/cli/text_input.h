// Where `run` gets its texts from: the command line, a file, or standard input.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace pannier {

class TextInput {
 public:
  virtual ~TextInput() = default;
  // The next text; false at the end. Errors name the source and the line.
  virtual Result<bool> next(std::string& text) = 0;
  // False where `next` might wait for somebody to type or send more.
  virtual bool ready() const = 0;
};

enum class TextFormat {
  kAuto,       // by name: .jsonl, .ndjson and .json are JSON lines, all else is text
  kLines,      // one text a line, without its line feed (nor a carriage return before it)
  kJsonLines,  // one JSON string a line, or an object with "text" (or "inputs")
};

std::unique_ptr<TextInput> texts_from_arguments(std::vector<std::string> texts);
// `path` "-": standard input. kNotFound, kIo.
Result<std::unique_ptr<TextInput>> texts_from_file(const std::string& path, TextFormat format);

}  // namespace pannier
