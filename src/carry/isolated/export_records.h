// What was exported from a store, and where to: small files beside the store, so that after an install or a
// rollback it can be said which exports show something else by now, and be done again.
// Page: docs/formats/store.md, "Exports".
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"
#include "format/oci.h"

namespace pannier {

enum class ExportKind { kLocalDir, kHfCache, kWheelhouse };
const char* export_kind_name(ExportKind kind);  // "local-dir", "hf-cache", "wheelhouse"

struct ExportedReference {
  std::string name;
  Digest manifest;

  friend bool operator==(const ExportedReference&, const ExportedReference&) = default;
};

struct ExportRecord {
  ExportKind kind = ExportKind::kLocalDir;
  std::string folder;                         // absolute
  std::string store;                          // its root, absolute
  bool symlinks = true;                       // of a Hub cache
  bool link = false;                          // files are second names of the store's blobs
  std::vector<ExportedReference> references;  // sorted by name, none twice

  friend bool operator==(const ExportRecord&, const ExportRecord&) = default;
};

// Where the records of a store lie; and where a user's own do, for stores that he may only read:
// $PANNIER_HOME/exports, else $XDG_STATE_HOME/pannier/exports, else ~/.local/state/pannier/exports (empty
// where none of these is set).
std::string store_export_records(const std::string& store_root);
std::string user_export_records(const Environment& environment);

// Keeps the record, in the place of an earlier one of the same kind and folder; a Hub cache and a folder of
// wheels collect, so the names of the earlier one stay too. In the store's folder, or, where that cannot be
// written, in the user's. kIo.
Status keep_export_record(FileSystem& fs, const Environment& environment, const ExportRecord& record);
// An export of that kind to that folder is there no more. Fine where none is known.
Status forget_export_record(FileSystem& fs, const Environment& environment, const ExportRecord& record);

// Of this store, from both places, sorted by folder. What cannot be read is passed over: a record is a
// help, not a promise.
Result<std::vector<ExportRecord>> export_records(FileSystem& fs, const Environment& environment,
                                                 const std::string& store_root);

struct StaleExport {
  ExportRecord record;
  std::vector<std::string> changed = {};  // names that mean something else now
  std::vector<std::string> removed = {};  // names that the store no longer has
  bool is_gone = false;                   // the folder is not there any more
};
// Those of `records` that do not show what the list says.
Result<std::vector<StaleExport>> stale_exports(FileSystem& fs, const std::vector<ExportRecord>& records,
                                               const ImageIndex& now);

// Removes temporary folders that exports to the recorded places left when they were killed, where they were
// last touched before `before_seconds`; how many there were. With dry_run they stay.
Result<uint64_t> sweep_dead_exports(FileSystem& fs, const std::vector<ExportRecord>& records,
                                    int64_t before_seconds, bool dry_run);

}  // namespace pannier
