// export_again: does a recorded export once more, from what the store says now.
#pragma once

#include "base/environment.h"
#include "base/fs.h"
#include "carry/isolated/export_records.h"
#include "carry/store/store.h"
#include "carry/transport/transfer.h"

namespace pannier {

// Brings the place up to date, and its record. Files of the earlier export go; foreign ones are never
// touched. A folder of one model that the store no longer has stays as it is: kNotFound. A place that is gone
// is not made anew: its record is forgotten. The errors of exports.
Status export_again(FileSystem& fs, const Environment& environment, const Store& store,
                    const StaleExport& stale, const Transfer& transfer);

}  // namespace pannier
