// Whether contents are those that a set of volumes and parity was made for.
#pragma once

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/volumes/found_set.h"

namespace pannier {

// The digest of the contents of pannier/statement.json, with which a bundle begins. kCorrupt where it does
// not; errors of reading.
Result<Digest> statement_digest(ReadableFile& bundle);

// Of a bundle in one file, which has no header that says so: its statement is the one that the parity names;
// or, where that is damaged, at least some of its blocks are what parity knows. False for another bundle.
Result<bool> is_bundle_of_parity(const FoundSet& found);

}  // namespace pannier
