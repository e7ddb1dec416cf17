// verify: is this bundle whole, who vouches for it, is it news here, and what is in it?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/isolated/admission.h"
#include "carry/isolated/contents_check.h"
#include "carry/isolated/far_side.h"
#include "carry/isolated/model_signatures.h"
#include "carry/transport/bundle_reader.h"
#include "carry/transport/transfer.h"
#include "carry/trust/judge.h"
#include "format/bundle_index.h"

namespace pannier {

// What the head says.
struct BundleSummary {
  std::string what;                // the bundle's name in messages
  std::vector<std::string> files;  // volumes and parity, or the one file
  BundleStatement statement;
  Digest statement_digest;
  std::vector<Digest> signer_ids;  // key ids of the statement's signatures, which nobody has judged
  uint64_t bundle_bytes = 0;
  uint64_t block_count = 0;
  std::vector<BundleModel> models;
  uint64_t part_count = 0;                     // encoded
  uint64_t encoded_blobs = 0;                  // that crossed in parts
  uint64_t encoded_bytes = 0;                  // of parts, in the bundle
  uint64_t decoded_bytes = 0;                  // of parts, as they come out
  std::vector<BlobInfo> held;                  // left out, since the far side has them
  std::vector<BlobInfo> bases;                 // that deltas build on
  std::map<std::string, ArtifactFacts> facts;  // of the models, by name; empty until the manifests were read
};
BundleSummary describe_bundle(const BundleReader& reader);

// What `inspect` shows: the head, and the manifests, which come first in the data. Where these are damaged
// the head is told all the same, with the error. Nothing is judged.
struct BundleInspection {
  BundleSummary bundle;
  std::optional<Error> manifests_error;
};
// Errors of the head as BundleReader::open.
Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::vector<std::string>& paths);
Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::string& path);

struct VerifyOptions {
  // Whose roots and history judge the bundle, and whose blobs deltas build on; need not exist. Empty: none.
  std::string store_root = {};
  std::vector<std::string> approvals = {};
  std::vector<std::string> channels = {};
  bool uncached = false;  // every byte from the medium
  Transfer transfer = {};
};

struct VerifyResult {
  BundleSummary bundle;
  Admission admission;
  std::vector<SignedModel> model_signatures;
  // Where there is a store: what it does not have of what the bundle expects. Else all of it.
  ExpectedBlobs missing;
  std::optional<Error> missing_error;  // what `install` into that store would say of it
  // Files that were checked as they crossed, but could not be decoded without their bases.
  std::vector<Digest> not_decoded;
};

// Reads the whole bundle once: every block, every blob, manifests against index, payload digest, model
// signatures. Errors as BundleReader's; they name the block, its byte range and the model files in it. Of
// signatures only broken ones are an error (kUntrusted): an unsigned, untrusted or stale bundle verifies,
// and the result says so.
Result<VerifyResult> verify_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                   const VerifyOptions& options = {});
Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer = {});

}  // namespace pannier
