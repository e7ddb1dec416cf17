// Adds up what a plan leaves to cross.
#include "carry/isolated/delta_size.h"

#include <set>

#include "carry/transport/part_encoder.h"
#include "format/weight_segments.h"

namespace pannier {
namespace {

Result<uint64_t> encoded_bytes(PartEncoder& encoder, const DeltaFile& file, const DeltaPlan& plan,
                               const std::string& place, const Transfer& transfer) {
  EncodingSource source{place, file.path, {file.digest, file.bytes}, {}};
  if (const auto planned = plan.transport.find(file.digest); planned != plan.transport.end()) {
    source.base = planned->second.base;
  }
  Transfer part;
  part.cancel = transfer.cancel;
  uint64_t bytes = 0;
  const auto count = [&](const BundlePart&, ByteSpan encoded) -> Status {
    bytes += encoded.size();
    return {};
  };
  PANNIER_TRY(encoder.encode(source, part, count));
  return bytes;
}

bool crosses_encoded(const DeltaFile& file) {
  return file.way == DeltaFile::Way::kDelta || is_worth_encoding(file.path, file.bytes);
}

}  // namespace

Result<DeltaSize> measure_delta(FileSystem& fs, const DeltaPlan& plan,
                                const std::map<Digest, std::string>& places, bool exact,
                                const Transfer& transfer) {
  DeltaSize size;
  size.is_exact = true;
  PartEncoder encoder(fs, PartEncoder::default_thread_count());
  std::set<Digest> counted;
  const uint64_t total = plan.delta_bytes + plan.whole_bytes;
  uint64_t done = 0;
  for (const DeltaFile& file : plan.files) {
    uint64_t bytes = 0;
    if (file.way != DeltaFile::Way::kHeld && counted.insert(file.digest).second) {
      bytes = file.bytes;
      const auto place = places.find(file.digest);
      if (crosses_encoded(file) && exact && place != places.end()) {
        PANNIER_ASSIGN(bytes, encoded_bytes(encoder, file, plan, place->second, transfer));
      } else if (crosses_encoded(file)) {
        size.is_exact = false;
      }
      done += file.bytes;
      transfer.report(done, total);
    }
    size.bytes += bytes;
    size.bytes_of_files.push_back(bytes);
  }
  if (done == 0) transfer.report(0, 0);
  return size;
}

}  // namespace pannier
