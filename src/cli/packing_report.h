// What `pack` and `relay` say of the bundle they wrote, on the screen, as JSON and in the audit log.
#pragma once

#include <string>

#include "base/json.h"
#include "base/result.h"
#include "carry/packing/pack_bundle.h"

namespace pannier {

// A row for each model, then what was written.
void print_packed(const PackedBundle& bundle, const PackBundleOptions& options);
// Members of an object: "bundle", "bytes", …, "models".
void write_packed(JsonWriter& json, const PackedBundle& bundle, const PackBundleOptions& options);

// Tells the audit log: that of the store where `store_root` is not empty, else the user's. A log that cannot
// be written is a warning, since the bundle is there. `action`: "pack", "relay".
void record_packed_in_log(const std::string& action, const std::string& store_root,
                          const PackBundleOptions& options, const Result<PackedBundle>& packed);

}  // namespace pannier
