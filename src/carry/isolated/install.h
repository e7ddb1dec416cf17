// install: the models of a bundle enter a store, all of them or none.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/audit/audit_log.h"
#include "carry/isolated/verify.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct InstallOptions {
  std::string store_root;
  bool allow_unsigned = false;  // also where it is signed, but not by whom the root asks for
  bool dry_run = false;         // verify all of it and say what would change; the store is not even created
  Transfer transfer = {};
  bool allow_older = false;
  std::vector<std::string> approvals = {};  // files, beside those next to the bundle
  std::vector<std::string> channels = {};   // that this store takes from now on
  // Where given, it is filled in as things become known, also when the install is refused or fails, and the
  // store's log must be one that can be written. Appending it is the caller's. Must outlive the call.
  AuditEvent* audit = nullptr;
};

enum class InstalledState { kNew, kReplaced, kUnchanged };
const char* installed_state_name(InstalledState state);  // "new", "replaced", "unchanged"

struct InstalledModel {
  std::string name;
  InstalledState state = InstalledState::kNew;
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  Digest manifest_digest;
  ArtifactKind kind = ArtifactKind::kModel;
  ArtifactFacts facts = {};
};

struct InstallResult {
  BundleSummary bundle;
  Admission admission;
  std::vector<SignedModel> model_signatures;
  std::vector<InstalledModel> models;
  uint64_t blobs_written = 0;  // with dry_run: that would be
  uint64_t bytes_written = 0;
  uint64_t generation = 0;  // the store's after the install; with dry_run: now
  uint64_t new_roots = 0;   // that came with the bundle
  bool changed = false;     // false: everything was there already, and nothing was written
};

// Checks the head, trust, freshness, what the bundle expects to find, and free space, before anything is
// written; then reads the bundle once: a block's bytes go to the store's staging folder only after its digest
// matched, a blob is staged only after its own did, and one commit makes everything visible. Roots that came
// with the bundle are trusted just before the commit. kUnsigned, kUntrusted, kStale with the remedy;
// kIncomplete for blobs that are neither in the bundle nor here; kIo with both numbers where space is short;
// verify's errors; kInterrupted. After a failure or a death at any moment the store is as it was.
Result<InstallResult> install_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                     const InstallOptions& options);
Result<InstallResult> install_bundle(FileSystem& fs, const std::string& path, const InstallOptions& options);

}  // namespace pannier
