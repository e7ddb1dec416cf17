// The statement of a bundle: the small JSON file at its very front that binds everything that follows, in a
// DSSE envelope that carries the signatures. Page: docs/formats/bundle.md, section 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/bundle_parts.h"
#include "format/dsse.h"

namespace pannier {

inline constexpr std::string_view kBundleStatementPath = "pannier/statement.json";
inline constexpr std::string_view kBundleTrustPath = "pannier/trust.json";
inline constexpr std::string_view kBundleStatementType = "application/vnd.pannier.bundle-statement.v1+json";
inline constexpr uint64_t kBundleFormatVersion = 1;

struct BundleStatement {
  BundleLayout layout = BundleLayout::kPlain;
  Digest payload_digest;
  BlobInfo index;                                // the contents of pannier/index.json
  uint64_t data_bytes = 0;                       // from the end of the head to the end of the file
  std::optional<BlobInfo> trust = std::nullopt;  // the contents of pannier/trust.json
  std::string channel = {};                      // empty: of none, and then sequence is 0
  uint64_t sequence = 0;                         // >= 1 within a channel
  std::vector<Digest> receipts = {};  // payloads of the receipts it was made against; sorted, none twice

  friend bool operator==(const BundleStatement&, const BundleStatement&) = default;
};

// kInvalid unless `name` is [A-Za-z0-9._-]{1,64}.
Status check_channel_name(std::string_view name);

// The envelope without signatures; `sign_envelope` adds them.
DsseEnvelope bundle_statement_envelope(const BundleStatement& statement);

// Canonical and unsigned: write_dsse of that envelope. Equal in length for equal lengths of the decimal
// numbers.
std::string write_bundle_statement(const BundleStatement& statement);

struct SignedBundleStatement {
  DsseEnvelope envelope;
  BundleStatement statement;  // what the payload says
};

// Accepts exactly what write_dsse writes of such an envelope, else kCorrupt; kUnsupported ("made by a newer
// version") for another version, layout or unknown members; kLimit. Signatures are read, not judged. `what`
// names the bundle in messages.
Result<SignedBundleStatement> parse_bundle_statement(std::string_view json, std::string_view what);

}  // namespace pannier
