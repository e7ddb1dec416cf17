#include "carry/transport/volumes/set_identity.h"

#include <algorithm>

#include "base/limits.h"
#include "carry/transport/volumes/stripes.h"
#include "format/bundle_statement.h"
#include "format/tar.h"

namespace pannier {

Result<Digest> statement_digest(ReadableFile& bundle) {
  const Error none{ErrorKind::kCorrupt, "it does not begin with a statement", ""};
  if (bundle.size() < kTarBlockBytes) return none;
  Bytes header(kTarBlockBytes);
  PANNIER_TRY(bundle.read_at(0, header));
  const auto parsed = parse_tar_header(header, 0, "statement");
  if (!parsed.ok() || parsed->entry.path != kBundleStatementPath) return none;
  const uint64_t bytes = parsed->entry.bytes;
  if (bytes > limits::kStatementBytesMax || bytes > bundle.size() - kTarBlockBytes) return none;
  Bytes statement(bytes);
  PANNIER_TRY(bundle.read_at(kTarBlockBytes, statement));
  return sha256(ByteSpan(statement));
}

Result<bool> is_bundle_of_parity(const FoundSet& found) {
  if (const auto digest = statement_digest(*found.contents()); digest.ok() && *digest == found.set.identity) {
    return true;
  }
  PANNIER_ASSIGN(const std::unique_ptr<Stripes> stripes, Stripes::open(found));
  constexpr uint64_t kSamples = 64;
  Bytes block(found.set.block_bytes);
  for (uint32_t shard = 0; shard < found.set.data_shards(0); ++shard) {
    const uint64_t step = std::max<uint64_t>(1, found.set.stripe_count() / kSamples);
    for (uint64_t stripe = 0; stripe < found.set.stripe_count(); stripe += step) {
      // Zeros are in every bundle.
      uint8_t right = 0;
      stripes->read(0, shard, stripe, block, {&right, 1});
      const bool says_something =
          std::any_of(block.begin(), block.end(), [](uint8_t byte) { return byte != 0; });
      if (right != 0 && says_something && stripes->sums(0).is_known(stripe)) return true;
    }
  }
  return false;
}

}  // namespace pannier
