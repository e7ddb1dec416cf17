// Store: content-addressed blobs and named models, data sets and wheelhouses on disk, laid out as an OCI
// image layout.
// Page: docs/formats/store.md.
//
//   <root>/oci-layout  index.json  blobs/sha256/<hex>
//   <root>/pannier/format.json  generations/<10 digits>.json  staging/<writer>/…
//
// Readers take no lock. A generation is immutable and appears by one hard link or exclusive rename;
// `index.json` mirrors the newest for other OCI tools and is never read by us. Whoever loses the race
// for a number rebases on the winner and tries the next one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store_change.h"
#include "format/oci.h"

namespace pannier {

class StoreWriter;

class Store {
 public:
  // Opens a store for reading. kNotFound where there is none, kUnsupported for a newer format,
  // kCorrupt. `fs` must outlive the store.
  static Result<std::unique_ptr<Store>> open(FileSystem& fs, std::string root);
  // Opens or creates (creation is atomic too: a half-made store is completed by the next writer).
  static Result<std::unique_ptr<Store>> open_or_create(FileSystem& fs, std::string root);
  // A writer to a store that there may not be yet: its commit makes it, and without a commit nothing stays.
  static Result<std::unique_ptr<StoreWriter>> begin_or_create(FileSystem& fs, const std::string& root);

  const std::string& root() const { return root_; }

  // The newest generation as it is now; an empty index (generation 0) in a new store.
  Result<ImageIndex> references() const;
  // The numbers of all generations that are kept, ascending; and what one of them says. kNotFound where it
  // is not (any more) there.
  Result<std::vector<uint64_t>> generations() const;
  Result<ImageIndex> generation(uint64_t number) const;
  // By name, else by alias. kNotFound (with near names in the hint); kInvalid, naming them all, for an
  // alias of several.
  Result<Reference> find(const std::string& name) const;
  // Reads, digest-checks and parses a manifest blob. kCorrupt where it is of another kind than the
  // reference says.
  Result<ModelManifest> manifest(const Reference& reference) const;
  // Where a blob lies. It may not be there.
  std::string blob_path(const Digest& digest) const;
  // True where a blob of that digest and size is there. Its bytes were verified when it was written. It may
  // be gone at the next moment, where nothing names it: who builds on it takes StoreWriter::keep.
  bool has_blob(const Digest& digest, uint64_t bytes) const;
  // The same for a blob whose size nobody says.
  bool has_blob(const Digest& digest) const;

  // A writer with a staging folder of its own; removes staging folders whose writers are dead.
  Result<std::unique_ptr<StoreWriter>> begin() const;

 private:
  Store(FileSystem& fs, std::string root) : fs_(fs), root_(std::move(root)) {}
  friend std::unique_ptr<Store> unchecked_store(FileSystem& fs, std::string root);
  FileSystem& fs_;
  std::string root_;
};

// For the writer that is about to make it: a store where there is none yet.
std::unique_ptr<Store> unchecked_store(FileSystem& fs, std::string root);

// Whether a reference's artifact type, where it has one, is that of the manifest it names: kCorrupt.
Status check_kind(const Reference& reference, ArtifactKind found, const std::string& manifest_path);

// One batch: stage blobs, then commit them with the references that name them, all or nothing.
// Destroyed without commit, it leaves the store as it was. Not thread-safe.
class StoreWriter {
 public:
  virtual ~StoreWriter() = default;

  // A new file in staging; the caller appends and closes, then calls `stage`.
  virtual Result<std::unique_ptr<WritableFile>> create_blob(const Digest& expected) = 0;
  // The file made for `expected` is whole and its contents were checked against the digest.
  virtual Status stage(const Digest& expected) = 0;
  // Stages a finished file that lies outside the store, and whose contents the caller has checked, without
  // copying it where it lies on the same file system: as a second name (hard link), or by renaming it where
  // there are no links. Else it is copied and checked. `path` is removed once the commit has succeeded, so
  // that a death before loses nothing (but for a renamed file, which goes with the staging folder). Fine
  // where the digest is staged already, or where another writer has brought it into the store meanwhile and
  // removed `path`. kNotFound, kInvalid (not a regular file), kCorrupt (copied only), kIo.
  virtual Status adopt(const std::string& path, const Digest& digest) = 0;
  // A small blob from memory. The digest is computed here.
  virtual Result<Digest> add_blob(std::string_view contents) = 0;
  // Whether a blob of that digest and size is staged or in the store; if so, it is this writer's to use, and
  // no collector (gc) takes it away before the commit: it has a second name in staging. (Where the file
  // system has no links it may still go; the commit then says kIncomplete.)
  virtual Result<bool> keep(const Digest& digest, uint64_t bytes) = 0;

  // One sync of the file system, blobs renamed into place, folders synced, then the next generation: the
  // newest one with `change` applied to it, applied anew whenever another writer was faster. Returns the
  // generation's number; the current one, and nothing written, where everything already is as asked.
  // kIncomplete (a blob is neither staged nor there), kStale, kLimit, kIo.
  // After success every reader sees the new state, after a failure or a death at any moment the old.
  virtual Result<uint64_t> commit(const StoreChange& change) = 0;
  // The same of references alone.
  Result<uint64_t> commit(const std::vector<Reference>& references) {
    StoreChange change;
    change.references = references;
    return commit(change);
  }
};

}  // namespace pannier
