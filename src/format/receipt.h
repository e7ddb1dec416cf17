// A receipt: the isolated side's list of what its store holds, how far it has come on each channel and where
// its audit log ends, so that the connected side can leave out what is there already.
// Page: docs/formats/receipt.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/bundle_parts.h"
#include "format/dsse.h"
#include "format/oci.h"

namespace pannier {

inline constexpr std::string_view kReceiptType = "application/vnd.pannier.receipt.v1+json";

struct ReceiptReference {
  std::string name;
  Digest manifest;

  friend bool operator==(const ReceiptReference&, const ReceiptReference&) = default;
};

struct Receipt {
  std::string store_id;  // 32 lower-case hexadecimal characters, made at random once
  uint64_t generation = 0;
  std::vector<ChannelState> channels;        // sorted by name, no duplicates
  uint64_t log_count = 0;                    // lines of the store's audit log, and the digest of the last;
  Digest log_digest;                         // zero where there is none
  std::vector<ReceiptReference> references;  // sorted by name, no duplicates
  std::vector<BlobInfo> blobs;               // sorted by digest, no duplicates

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

bool is_store_id(std::string_view text);

// Whether the receipt lists a blob.
bool holds(const Receipt& receipt, const Digest& digest);

// Canonical: the same state gives the same bytes. REQUIRES: sorted as above.
std::string write_receipt_payload(const Receipt& receipt);

// The envelope without signatures; `sign_envelope` adds them.
DsseEnvelope receipt_envelope(const Receipt& receipt);

// A receipt file as it was read. Its signatures are not judged here.
struct SignedReceipt {
  DsseEnvelope envelope;
  Receipt receipt;
  Digest payload_digest;  // by which statements of bundles name it
};

// Accepts exactly what write_dsse writes of such an envelope, else kCorrupt; kUnsupported for another
// version, kLimit. `what` names the file in messages.
Result<SignedReceipt> parse_receipt(std::string_view json, std::string_view what);

}  // namespace pannier
