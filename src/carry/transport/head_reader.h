// The head of a bundle as a reader finds it: the signed statement and the roots that it names, read before
// anything else.
#pragma once

#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "format/bundle_statement.h"

namespace pannier {

struct OpenedHead {
  std::string statement_json;  // the contents of pannier/statement.json
  DsseEnvelope envelope;       // what they say
  BundleStatement statement;   // what its payload says
  std::string trust_json;      // the contents of pannier/trust.json; empty where there are none
};

// Reads the entries at the front of a bundle, one after the other.
class HeadReader {
 public:
  // Both must outlive the reader; `what` names the bundle in messages.
  HeadReader(ReadableFile& file, const std::string& what) : file_(file), what_(what) {}

  // Statement and roots; the roots match their digest in the statement, signatures are not judged. kCorrupt,
  // kIncomplete, kUnsupported, kLimit, kIo.
  Result<OpenedHead> read_head();
  // The contents of the next entry, which must have this path and at most so many bytes.
  Result<std::string> next(std::string_view entry_path, uint64_t bytes_max);
  // Where the next entry begins.
  uint64_t offset() const { return offset_; }

 private:
  Status check_kind();
  Status check_left(uint64_t bytes, std::string_view entry_path) const;
  Result<std::string> read(uint64_t bytes);

  ReadableFile& file_;
  const std::string& what_;
  uint64_t offset_ = 0;
};

// The hint for a bundle that ends too early.
inline constexpr const char* kCopyBundleAgain =
    "the bundle was not copied whole; copy it again from where it was packed";

}  // namespace pannier
