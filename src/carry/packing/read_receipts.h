// read_receipts: receipt files that came back from far sides, and who signed them.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/trust/trust_store.h"
#include "format/receipt.h"

namespace pannier {

struct ReadReceipt {
  std::string path;
  SignedReceipt signed_receipt;
  // Names, in our root, of keys with the role "receiver" whose signatures verify. Empty: nobody we know
  // vouches for it. A forged receipt makes a bundle that cannot be installed, and nothing worse: so that is
  // said to the user, and not refused.
  std::vector<std::string> signers;
};

// `roots` may be empty. kNotFound, kCorrupt, kLimit; kUntrusted where a signature by a key that our root
// knows does not verify; kInvalid for the same file twice or for more than a bundle can name.
Result<std::vector<ReadReceipt>> read_receipts(FileSystem& fs, const std::vector<std::string>& paths,
                                               const TrustRoots& roots);

}  // namespace pannier
