// export: a model of the store as a folder of plain files (--local-dir).
#pragma once

#include <string>

#include "carry/isolated/export_folder.h"

namespace pannier {

// Every file of the ref (a name or an alias). kNotFound (no such ref), and as export_folder.
Result<ExportResult> export_ref(FileSystem& fs, const Store& store, const std::string& name,
                                const ExportOptions& options);

}  // namespace pannier
