// ContentHash: all the digests a downloaded file is known by, taken in one pass; and DownloadKey, what a
// file in work is called by whatever address it comes from.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "carry/connected/snapshot.h"

namespace pannier {

struct ContentDigests {
  Digest sha256;
  std::optional<Sha1> git_blob;  // only where upstream's id has one

  // True where every digest that `id` has is the same here.
  bool match(const UpstreamId& id) const;
};

// "sha256:HEX" or "git blob HEX": for messages; the SHA-256 where both are set.
std::string upstream_id_text(const UpstreamId& id);
// The same digest as `id` is compared by.
std::string digests_text(const ContentDigests& digests, const UpstreamId& id);

// Copyable: a copy is the state to go back to.
class ContentHash {
 public:
  // `bytes`: of the whole file, which git's digest begins with.
  ContentHash(const UpstreamId& id, uint64_t bytes);
  void update(ByteSpan bytes);
  // Once.
  ContentDigests finish();

 private:
  Sha256 sha256_;
  std::optional<GitBlobHash> git_blob_;
};

struct DownloadKey {
  UpstreamId id;
  uint64_t bytes = 0;

  // "sha256-HEX-SIZE" or "git-HEX-SIZE". REQUIRES: one of the two ids.
  std::string name() const;
};

}  // namespace pannier
