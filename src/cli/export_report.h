// What commands do about exports: remember them, say which are stale after a change of the store, and do
// those again.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "carry/isolated/export_records.h"
#include "carry/store/store.h"

namespace pannier {

// The path as records have it: absolute, without a slash at the end. As it was given where that cannot be
// told.
std::string whole_path(const std::string& path);

// Keeps a record, its folders made absolute. Only warns where it cannot be written: the export is done.
void remember_export(ExportRecord record);

// Of the store as it is now.
Result<std::vector<StaleExport>> stale_exports_of(const std::string& store_root);

// A table of them with the hint how to do them again; nothing where there are none.
void print_stale(const std::vector<StaleExport>& stale, bool with_hint);
// "stale_exports": […] as a member of the object that is open.
void write_stale(const std::vector<StaleExport>& stale, JsonWriter& json);

// Does them again, one after the other. Those that cannot be are told as warnings; the first of these errors
// is given back, after all were tried.
Status re_export(const std::string& store_root, const std::vector<StaleExport>& stale);

}  // namespace pannier
