// The statement of a bundle: the small JSON file at its very front that binds everything that follows,
// in a DSSE envelope whose signatures are still empty. Page: docs/formats/bundle.md, section 3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

inline constexpr std::string_view kBundleStatementPath = "pannier/statement.json";
inline constexpr std::string_view kBundleStatementType = "application/vnd.pannier.bundle-statement.v1+json";
inline constexpr uint64_t kBundleFormatVersion = 1;

struct BundleStatement {
  Digest payload_digest;
  Digest index_digest;
  uint64_t index_bytes = 0;
  uint64_t data_bytes = 0;  // from the end of the head to the end of the file

  friend bool operator==(const BundleStatement&, const BundleStatement&) = default;
};

// Canonical; unsigned. Equal in length for equal lengths of the decimal numbers.
std::string write_bundle_statement(const BundleStatement& statement);

// Accepts exactly what write_bundle_statement writes, else kCorrupt; kUnsupported ("made by a newer
// version") for another version, layout, unknown members, signatures, channel, sequence or receipt;
// kLimit. `what` names the bundle in messages.
Result<BundleStatement> parse_bundle_statement(std::string_view json, std::string_view what);

}  // namespace pannier
