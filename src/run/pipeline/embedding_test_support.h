// The golden models of tests/goldens/embeddings, to be changed at will by tests.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/model_files.h"

namespace pannier {

using Contents = std::map<std::string, std::string>;

// The files of one model, by name.
inline Contents embedding_model(const std::string& name) {
  const auto files =
      model_files_from_folder(std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/embeddings/" + name);
  EXPECT_TRUE(files.ok()) << name;
  Contents contents;
  for (const std::string& file : (*files)->names()) {
    contents[file] = std::string(as_text((*(*files)->open(file))->bytes()));
  }
  return contents;
}

// More tokens than any of them takes: 202.
inline std::string long_text() {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "cat ";
  return text;
}

}  // namespace pannier
