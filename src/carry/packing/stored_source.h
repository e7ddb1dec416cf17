// stored_source: what a store holds under a name, as a part of a bundle to be.
#pragma once

#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_writer.h"

namespace pannier {

// Manifest and config cross as the store has them, so that the far side's are the very same; so do the model
// signatures, which the next zone can check against its own root. kIncomplete where one of these is missing,
// kIo; kCorrupt where one is not what its digest says, or the manifest is of another kind than the reference.
// The files themselves are read when the bundle is written.
Result<BundleModelSource> stored_source(FileSystem& fs, const Store& store, const Reference& reference);

// kLimit where the manifest is too large for a bundle.
Status check_manifest_size(const BundleModelSource& source);

}  // namespace pannier
