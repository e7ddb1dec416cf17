// The receipts that a store has issued: kept beside it, so that a bundle made against one is known again, and
// so that what they promise is not collected. Page: docs/formats/receipt.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "format/receipt.h"

namespace pannier {

// How many receipts keep their blobs where nothing else is said.
inline constexpr uint64_t kReceiptsKept = 8;

// Where a receipt with that payload lies.
std::string receipt_path(const std::string& store_root, const Digest& payload);

// The store's identity, made at random when it is first asked for. kCorrupt, kIo.
Result<std::string> store_identity(FileSystem& fs, const std::string& store_root);

// Keeps a receipt (the bytes of its file) with the store. Atomic; fine where it is there already.
Status keep_receipt(FileSystem& fs, const std::string& store_root, const Digest& payload,
                    const std::string& file_bytes);

// Whether this store issued the receipt with that payload, and still keeps it.
Result<bool> receipt_issued_here(FileSystem& fs, const std::string& store_root, const Digest& payload);

struct IssuedReceipt {
  Digest payload;
  Receipt receipt;
};
// Newest first: by generation, then by how far the audit log had come. kCorrupt names the file.
Result<std::vector<IssuedReceipt>> issued_receipts(FileSystem& fs, const std::string& store_root);

// What the newest `count` of issued_receipts list, sorted, none twice: a collector keeps these, since bundles
// that build on them may be under way. For that they must have been read under the collector's lock, so that
// none is being issued.
std::vector<BlobInfo> receipt_blobs(std::vector<IssuedReceipt> receipts, uint64_t count);

// Removes all of issued_receipts but the newest `count`; how many went.
Result<uint64_t> forget_receipts(FileSystem& fs, const std::string& store_root,
                                 const std::vector<IssuedReceipt>& receipts, uint64_t count);

}  // namespace pannier
