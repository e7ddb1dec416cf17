// TransportPlan: how each blob is to cross, as whoever packs decides it before a byte is read.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/digest.h"
#include "format/bundle_parts.h"

namespace pannier {

// A blob that the far side holds, and where the same bytes lie on this side.
struct PlannedBase {
  BlobInfo blob;
  std::string file;  // holds the blob's bytes here
  std::string path;  // what the file is called in its model: tells what kind of weights it is
};

enum class BlobWay {
  kPlain,    // as it is
  kEncoded,  // in parts; over the base where there is one
  kHeld,     // not at all: the far side has it
};

struct PlannedBlob {
  BlobWay way = BlobWay::kPlain;
  std::optional<PlannedBase> base = std::nullopt;  // with kEncoded alone
};

// Contents of files by digest. What it does not name is encoded where it is worth it (weights), else plain.
using TransportPlan = std::map<Digest, PlannedBlob>;

}  // namespace pannier
