// Admission: what the trust and the history of a store say of a bundle, before more of it is read than its
// head.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"
#include "carry/transport/head_reader.h"
#include "carry/trust/freshness.h"
#include "carry/trust/judge.h"
#include "format/oci.h"

namespace pannier {

struct AdmissionQuestion {
  std::string store_root;                      // whose roots, channels and receipts count; need not exist
  std::vector<std::string> approvals = {};     // files that were given
  std::vector<std::string> bundle_files = {};  // beside each of which NAME.approval may lie
  bool allow_older = false;
  std::vector<std::string> channels = {};  // taken from now on, beside those that the store has seen
};

// Where approvals may lie beside: the files that were given, those that the bundle turned out to consist of,
// and, for volumes NAME.v001.pannier …, NAME.pannier.
std::vector<std::string> files_with_approvals(const std::vector<std::string>& given,
                                              const std::vector<std::string>& bundle_files);

struct Admission {
  Digest statement_digest;  // of the contents of pannier/statement.json
  Verdict verdict;
  std::unique_ptr<Store> store;  // null where there is none
  ImageIndex here;               // its newest generation; empty where there is none
  // What the store's history says: a verdict, or the reason why the bundle is not for it (kStale,
  // kUntrusted).
  FreshnessVerdict freshness;
  std::optional<Error> freshness_error;
};

// Reads roots, approvals, the newest generation and, where the bundle was made against receipts, these.
// kUntrusted, kCorrupt (as judge_bundle); kNotFound (an approval that was given), kIo. Writes nothing. `fs`
// must outlive what it gives.
Result<Admission> judge_head(FileSystem& fs, const AdmissionQuestion& question, const OpenedHead& head);

}  // namespace pannier
