// BaseBlobs: where a reader of deltas finds the blobs that these build on.
#pragma once

#include <memory>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"

namespace pannier {

// Thread-safe.
class BaseBlobs {
 public:
  virtual ~BaseBlobs() = default;
  // Null where there is no such blob here. Its bytes are not digested: the digest of what is decoded with
  // them decides.
  virtual Result<std::unique_ptr<ReadableFile>> open(const Digest& digest) const = 0;
};

// Of a store.
class StoreBaseBlobs : public BaseBlobs {
 public:
  // Both must outlive the object.
  StoreBaseBlobs(FileSystem& fs, const Store& store) : fs_(fs), store_(store) {}
  Result<std::unique_ptr<ReadableFile>> open(const Digest& digest) const override;

 private:
  FileSystem& fs_;
  const Store& store_;
};

}  // namespace pannier
