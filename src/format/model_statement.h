// The in-toto statement inside an OpenSSF model signature: which files, with which digests, and which paths
// do not count. Page: docs/formats/model-signature.md.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/oci.h"

namespace pannier {

struct SignedFile {
  std::string path;
  Digest digest;
};

struct ModelStatement {
  std::string name;                        // of the subject: what the signer called the model
  std::vector<std::string> ignored_paths;  // files and folders that were not looked at
  std::vector<SignedFile> files;           // sorted by path (byte order), none twice
};

// Files in the order of `model_signing`: folder by folder. kInvalid where none is left.
Result<std::string> write_model_statement(std::string_view name, std::span<const ModelFile> files);

// kCorrupt (also where the subject's digest is not that of the files' digests); kUnsupported for other
// statements, hash algorithms and shards, by name; kLimit.
Result<ModelStatement> parse_model_statement(std::string_view json, std::string_view what);

// kCorrupt, with names, where a file is missing, differs, or is there in excess. What is there but ignored by
// the statement is put into `unsigned_paths`, sorted.
Status compare_with_statement(const ModelStatement& statement, std::span<const ModelFile> files,
                              std::string_view what, std::vector<std::string>& unsigned_paths);

}  // namespace pannier
