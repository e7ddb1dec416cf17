// StoreChange: what one commit does to a store's list of references, and how it is applied to whatever list
// is there when its turn comes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/oci.h"

namespace pannier {

struct StoreChange {
  // Added, or put in the place of those of the same name. Their aliases are taken from their manifests,
  // whatever is given. Every blob that they name, origin and signatures too, must be staged or in the store.
  std::vector<Reference> references = {};
  // Names that go. Fine where one is not there (any more).
  std::vector<std::string> removed = {};
  // Channels to set. A higher sequence number than the store's wins, the same one changes nothing, a lower
  // one is kStale. Their statements must be staged or in the store.
  std::vector<ChannelState> channels = {};
  bool channels_may_go_back = false;  // then a lower one, or another statement of the same one, is set too
  // That must be staged or in the store too, though no reference names them.
  std::vector<Digest> blobs = {};
  // Only where this is the newest generation; else kStale. For changes that were worked out from one.
  std::optional<uint64_t> only_on_generation = std::nullopt;
};

// That a change is one that can be made at all: valid names, none twice, none both set and removed. kInvalid,
// kLimit.
Status check_change(const StoreChange& change);

// The list that follows from `base`, with the same generation number. kStale, kLimit (too many references).
Result<ImageIndex> changed_index(const ImageIndex& base, const StoreChange& change);

// Whether two lists say the same, their numbers apart.
bool same_contents(const ImageIndex& a, const ImageIndex& b);

}  // namespace pannier
