// install: the models of a bundle enter a store, all of them or none.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/isolated/verify.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct InstallOptions {
  std::string store_root;
  bool allow_unsigned = false;
  bool dry_run = false;  // verify all of it and say what would change; the store is not even created
  Transfer transfer;
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
  TrustState trust = TrustState::kUnsigned;
  Digest payload_digest;
  std::vector<InstalledModel> models;
  uint64_t blobs_written = 0;  // with dry_run: that would be
  uint64_t bytes_written = 0;
  uint64_t generation = 0;  // the store's after the install; with dry_run: now
  bool changed = false;     // false: everything was there already, and nothing was written
};

// Checks the head, trust and free space, then reads the bundle once: a block's bytes go to the
// store's staging folder only after its digest matched, a blob is staged only after its own did, and
// one commit makes everything visible. kUnsigned without `allow_unsigned`; kIo with both numbers where
// space is short; verify's errors; kInterrupted. After a failure or a death at any moment the store
// is as it was.
Result<InstallResult> install_bundle(FileSystem& fs, const std::string& path, const InstallOptions& options);

}  // namespace pannier
