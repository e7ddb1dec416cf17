// HeadWriter: the front of a bundle (statement, roots, index), for which room is kept before anything is
// known of how small the data becomes. Page: docs/formats/bundle.md, sections 1 and 4.
#pragma once

#include <string>
#include <vector>

#include "base/p256.h"
#include "base/result.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"

namespace pannier {

// What a bundle says beyond its contents.
struct BundleClaim {
  std::string channel = {};  // empty: of none
  uint64_t sequence = 0;
  std::vector<Digest> receipts = {};             // sorted
  std::string trust_json = {};                   // contents of pannier/trust.json; empty: none
  std::vector<const P256PrivateKey*> keys = {};  // that sign the statement; none: unsigned
};

struct WrittenHead {
  BundleStatement statement;
  std::string statement_json;  // the contents of pannier/statement.json, signatures included
  std::string bytes;
};

class HeadWriter {
 public:
  // `largest` is the index as it can become at most. `claim` must outlive the object. kLimit where no reader
  // would take so large an index.
  static Result<HeadWriter> keep_room(const BundleClaim& claim, const BundleIndex& largest);

  uint64_t bytes() const { return bytes_; }
  // REQUIRES: `index` is of the same models and no larger than `largest`. Exactly `bytes()` long: in layout
  // kEncoded, padding fills what was kept free. Equal input gives equal bytes.
  WrittenHead write(BundleIndex index) const;

 private:
  HeadWriter(const BundleClaim& claim, const BundleIndex& largest, uint64_t index_bytes);
  BundleStatement statement(const BundleIndex& index, const BlobInfo& index_json) const;
  // Of a head whose index has so many bytes.
  uint64_t bytes_with(const BundleIndex& index, uint64_t index_bytes) const;

  const BundleClaim& claim_;
  uint64_t index_bytes_;  // of the largest
  uint64_t bytes_;
};

}  // namespace pannier
