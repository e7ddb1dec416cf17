// Opens a bundle: statement, index, and the size of the file must agree before anything is streamed.
#include "carry/transport/bundle_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "base/threads.h"
#include "format/bundle_canonical.h"

namespace pannier {
namespace {

// Six blocks a lane; where parts are decoded 64 MiB more.
constexpr uint32_t kPlainLanesMax = 8;
constexpr uint32_t kEncodedLanesMax = 2;
// Small enough that the lanes end at about the same time, large enough that seams cost nothing.
constexpr uint64_t kSegmentBytesMin = 64 * limits::kMiB;
constexpr uint64_t kSegmentBytesMax = 512 * limits::kMiB;
constexpr uint64_t kSegmentsPerLane = 4;

Status check_agreement(const BundleStatement& statement, const BundleIndex& index, const std::string& path) {
  const std::string what = fmt::format("{}: {}", path, kBundleStatementPath);
  if (statement.data_bytes != index.data_bytes) {
    return corrupt_bundle(what, fmt::format("it says {} bytes of data, the index says {}",
                                            statement.data_bytes, index.data_bytes));
  }
  if (statement.layout != index.layout) {
    return corrupt_bundle(
        what, fmt::format("it says layout \"{}\", the index is of layout \"{}\"",
                          bundle_layout_name(statement.layout), bundle_layout_name(index.layout)));
  }
  if (statement.payload_digest != bundle_payload_digest(index.models)) {
    return corrupt_bundle(what, "its payload digest is not that of the models in the index");
  }
  return {};
}

Status check_size(uint64_t file_bytes, uint64_t data_offset, const BundleIndex& index,
                  const std::string& path) {
  const uint64_t expected = data_offset + index.data_bytes;
  if (file_bytes < expected) {
    const uint64_t end = file_bytes - data_offset;
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{} ends at byte {} instead of {}: {} bytes are missing, from {} on (block {})",
                             path, file_bytes, expected, expected - file_bytes,
                             bundle_contents_at(index, end, end + 1), end / limits::kBlockBytes),
                 kCopyBundleAgain};
  }
  if (file_bytes > expected) {
    return corrupt_bundle(path, fmt::format("{} bytes follow its end at byte {} (after block {})",
                                            file_bytes - expected, expected, index.blocks.size() - 1));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BundleReader>> BundleReader::open(OpenedBundle opened, const HeadJudge& judge) {
  std::unique_ptr<BundleReader> reader(new BundleReader);
  reader->opened_ = std::move(opened);
  const std::string& path = reader->path();
  HeadReader head(*reader->opened_.bytes, path);
  PANNIER_ASSIGN(reader->head_, head.read_head());
  if (judge) PANNIER_TRY(judge(reader->head_));
  PANNIER_ASSIGN(const std::string index, head.next(kBundleIndexPath, limits::kIndexBytesMax));
  if (reader->statement().index != BlobInfo{sha256(index), index.size()}) {
    return corrupt_bundle(fmt::format("{}: {}", path, kBundleIndexPath),
                          "it does not match the digest in the statement");
  }
  PANNIER_ASSIGN(reader->index_, parse_bundle_index(index, path));
  reader->data_offset_ = head.offset();
  PANNIER_TRY(check_agreement(reader->statement(), reader->index_, path));
  PANNIER_TRY(check_size(reader->opened_.bytes->size(), reader->data_offset_, reader->index_, path));
  return reader;
}

Result<std::unique_ptr<BundleReader>> BundleReader::open(FileSystem& fs, const std::string& path,
                                                         const HeadJudge& judge) {
  PANNIER_ASSIGN(OpenedBundle opened, open_bundle(fs, {path}));
  return open(std::move(opened), judge);
}

Status BundleReader::read(const std::vector<BundleSegment>& segments, BundleSink& sink,
                          const BaseBlobs* bases, const LaneOptions& lanes, const Transfer& transfer) const {
  // A small bundle must not cost whole blocks.
  BlockBuffers blocks(std::min<uint64_t>(limits::kBlockBytes, index_.data_bytes));
  BlockBuffers parts(0);
  SeamBlocks seams;
  const SegmentContext context{path(), *opened_.bytes, data_offset_, index_, bases,
                               sink,   blocks,         parts,        seams};
  return read_segments(context, segments, lanes, transfer);
}

Status BundleReader::read_blobs(BundleSink& sink, const BundleReadOptions& options) const {
  const bool is_encoded = index_.layout == BundleLayout::kEncoded;
  LaneOptions lanes{options.lanes, options.lanes_at_once};
  if (lanes.lanes_max == 0) {
    lanes.lanes_max = std::min(usable_processor_count(), is_encoded ? kEncodedLanesMax : kPlainLanesMax);
  }
  uint64_t segment_bytes = options.segment_bytes_min;
  if (segment_bytes == 0) {
    segment_bytes = std::clamp(index_.data_bytes / (lanes.lanes_max * kSegmentsPerLane), kSegmentBytesMin,
                               kSegmentBytesMax);
  }
  return read(cut_into_segments(index_, segment_bytes), sink, options.bases, lanes, options.transfer);
}

Status BundleReader::read_manifests(BundleSink& sink) const {
  std::set<Digest> described;
  for (const BundleModel& model : index_.models) {
    described.insert(model.manifest.digest);
    described.insert(model.config.digest);
    for (const BlobInfo& signature : model.signatures) described.insert(signature.digest);
  }
  size_t end_entry = 1;
  for (size_t i = 0; i < index_.entries.size(); ++i) {
    if (!index_.entries[i].is_part() && described.contains(index_.entries[i].digest)) end_entry = i + 1;
  }
  return read({segment_up_to(index_, end_entry)}, sink, nullptr, {}, {});
}

}  // namespace pannier
