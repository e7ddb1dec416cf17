// Which files of a snapshot are taken: all small ones and one weight format, or what the user says.
//
// A repository often holds the same weights several times over, one format for each framework. Only what
// is held twice is left out: weights in a format that nothing else stands for are always taken.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/snapshot.h"

namespace pannier {

enum class FileChoice { kNeeded, kAll };

struct FileSelection {
  FileChoice choice = FileChoice::kNeeded;
  // As huggingface_hub reads them (file_globs.h). With `include`, exactly what matches is taken, whatever
  // its format.
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

// Moves files from `snapshot.files` to `left_out`, each with its reason, and adds remarks to `warnings`.
// kInvalid where the patterns leave nothing. Data sets are only filtered by the patterns.
Status select_files(Snapshot& snapshot, const FileSelection& selection);

}  // namespace pannier
