// issue_receipt: writes down what a store holds now, keeps a copy with the store, and tells the audit log.
#pragma once

#include <string>

#include "base/environment.h"
#include "base/fs.h"
#include "base/p256.h"
#include "base/result.h"
#include "carry/store/store.h"
#include "format/receipt.h"

namespace pannier {

struct NewReceipt {
  SignedReceipt receipt;
  std::string file_bytes;      // what crosses
  uint64_t missing_count = 0;  // blobs that a reference names and that are not there: they are left out
};

// Lists every blob that the newest generation names and that is there in its full size: manifests,
// configurations, files, signatures, the statements that brought them. `key` may be null: then it is
// unsigned. From its success on, and for as long as it is among the newest few, a collector keeps what it
// lists. kIo (also where the store or its audit log cannot be written), kCorrupt, kLimit.
Result<NewReceipt> issue_receipt(FileSystem& fs, const Store& store, const P256PrivateKey* key,
                                 const Environment& environment);

}  // namespace pannier
