// plan_delta: given what is packed and what the far side holds, which contents need not cross, and which
// cross as a difference to something that is there. Digests come from manifests: no file is read.
//
//   held    the far side has these very bytes
//   delta   it has something like them, a "base", that lies whole in our store too
//   whole   everything else
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/packing/held_state.h"
#include "carry/store/store.h"
#include "carry/transport/transport_plan.h"
#include "format/bundle_index.h"

namespace pannier {

// A file as the plan sees it, for people.
struct DeltaFile {
  std::string model;
  std::string path;
  uint64_t bytes = 0;
  Digest digest;
  enum class Way { kHeld, kDelta, kWhole } way = Way::kWhole;
  std::string base = {};  // "MODEL PATH" of what it builds on
};

struct DeltaPlan {
  TransportPlan transport;       // what is not named there crosses as it would without a delta
  std::vector<DeltaFile> files;  // in the order of the models; equal contents are counted once, below
  uint64_t held_bytes = 0;
  uint64_t delta_bytes = 0;  // raw, of files that cross as a difference
  uint64_t whole_bytes = 0;
  // Of files that have a base on the far side which is not in our store, so that they cross whole.
  uint64_t without_base_bytes = 0;
  std::string without_base_example = {};  // "MODEL PATH"
};

// `models` as they will stand in the bundle's index. `store` is where bases are looked for; null: nowhere.
// A base is the file of the same path in a model of the same name, revisions apart; else of the same path in
// any model; else, for weights, one of the same size. kIo, kCorrupt (a manifest of our store).
Result<DeltaPlan> plan_delta(FileSystem& fs, const Store* store, const HeldState& held,
                             std::span<const BundleModel> models);

// "org/name@v2" and "org/name" are one model in two revisions.
std::string_view name_without_revision(std::string_view ref_name);

}  // namespace pannier
