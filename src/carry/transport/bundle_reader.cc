// Opens a bundle: statement, index, and the size of the file must agree before anything is streamed.
#include "carry/transport/bundle_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "carry/transport/block_stream.h"
#include "carry/transport/entry_walker.h"
#include "format/bundle_canonical.h"
#include "format/tar.h"

namespace pannier {
namespace {

constexpr const char* kCopyAgain = "the bundle was not copied whole; copy it again from where it was packed";

// Reads the two entries of the head, one after the other.
class HeadReader {
 public:
  HeadReader(ReadableFile& file, const std::string& path) : file_(file), path_(path) {}

  // The contents of the next entry, which must have this path and at most so many bytes.
  Result<std::string> next(std::string_view entry_path, uint64_t bytes_max);
  uint64_t offset() const { return offset_; }

 private:
  Status check_left(uint64_t bytes, std::string_view entry_path) const;
  Result<std::string> read(uint64_t bytes);

  ReadableFile& file_;
  const std::string& path_;
  uint64_t offset_ = 0;
};

Status HeadReader::check_left(uint64_t bytes, std::string_view entry_path) const {
  const uint64_t left = file_.size() - offset_;
  if (bytes <= left) return {};
  return Error{ErrorKind::kIncomplete,
               fmt::format("{} ends at byte {}, within {}: at least {} bytes are missing", path_,
                           file_.size(), entry_path, bytes - left),
               kCopyAgain};
}

Result<std::string> HeadReader::read(uint64_t bytes) {
  std::string contents(bytes, '\0');
  PANNIER_TRY(file_.read_at(offset_, {reinterpret_cast<uint8_t*>(contents.data()), contents.size()}));
  offset_ += bytes;
  return contents;
}

Result<std::string> HeadReader::next(std::string_view entry_path, uint64_t bytes_max) {
  const std::string what = fmt::format("{}: {}", path_, entry_path);
  PANNIER_TRY(check_left(kTarBlockBytes, entry_path));
  const uint64_t header_offset = offset_;
  PANNIER_ASSIGN(const std::string header, read(kTarBlockBytes));
  PANNIER_ASSIGN(const ParsedTarHeader parsed, parse_tar_header(as_bytes(header), header_offset, what));
  if (parsed.entry.path != entry_path) {
    return corrupt_bundle(what, fmt::format("\"{}\" stands in its place", parsed.entry.path));
  }
  if (parsed.entry.bytes > bytes_max) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes, at most {} are read", what, parsed.entry.bytes, bytes_max), ""};
  }
  const uint64_t padding_bytes = tar_padding_bytes(parsed.entry.bytes);
  PANNIER_TRY(check_left(parsed.entry.bytes + padding_bytes, entry_path));
  PANNIER_ASSIGN(std::string contents, read(parsed.entry.bytes));
  PANNIER_ASSIGN(const std::string padding, read(padding_bytes));
  if (padding.find_first_not_of('\0') != std::string::npos) {
    return corrupt_bundle(what, "the padding after it is not zero");
  }
  return contents;
}

// A file that neither begins with our first path nor is a tar at all is no damaged bundle but something
// else, and the message should say so.
Status check_kind(ReadableFile& file, const std::string& path) {
  if (file.size() < kTarBlockBytes) return {};
  std::string start(kTarBlockBytes, '\0');
  PANNIER_TRY(file.read_at(0, {reinterpret_cast<uint8_t*>(start.data()), start.size()}));
  constexpr size_t kMagicOffset = 257;
  if (start.starts_with(kBundleStatementPath) || start.compare(kMagicOffset, 5, "ustar") == 0) return {};
  return Error{ErrorKind::kCorrupt, path + " is not a bundle", "give a file that `pannier pack` wrote"};
}

Status check_agreement(const BundleStatement& statement, const BundleIndex& index, const std::string& path) {
  const std::string what = fmt::format("{}: {}", path, kBundleStatementPath);
  if (statement.data_bytes != index.data_bytes) {
    return corrupt_bundle(what, fmt::format("it says {} bytes of data, the index says {}",
                                            statement.data_bytes, index.data_bytes));
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
                 kCopyAgain};
  }
  if (file_bytes > expected) {
    return corrupt_bundle(path, fmt::format("{} bytes follow its end at byte {} (after block {})",
                                            file_bytes - expected, expected, index.blocks.size() - 1));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<BundleReader>> BundleReader::open(FileSystem& fs, const std::string& path) {
  std::unique_ptr<BundleReader> reader(new BundleReader);
  reader->path_ = path;
  PANNIER_ASSIGN(reader->file_, fs.open(path));
  PANNIER_TRY(check_kind(*reader->file_, path));
  HeadReader head(*reader->file_, path);
  PANNIER_ASSIGN(const std::string statement, head.next(kBundleStatementPath, limits::kStatementBytesMax));
  PANNIER_ASSIGN(const SignedBundleStatement found, parse_bundle_statement(statement, path));
  reader->statement_ = found.statement;
  if (reader->statement_.layout != BundleLayout::kPlain || reader->statement_.trust) {
    return newer_bundle(path, "it is encoded or carries roots");
  }
  PANNIER_ASSIGN(const std::string index, head.next(kBundleIndexPath, limits::kIndexBytesMax));
  if (reader->statement_.index != BlobInfo{sha256(index), index.size()}) {
    return corrupt_bundle(fmt::format("{}: {}", path, kBundleIndexPath),
                          "it does not match the digest in the statement");
  }
  PANNIER_ASSIGN(reader->index_, parse_bundle_index(index, path));
  reader->data_offset_ = head.offset();
  PANNIER_TRY(check_agreement(reader->statement_, reader->index_, path));
  PANNIER_TRY(check_size(reader->file_->size(), reader->data_offset_, reader->index_, path));
  return reader;
}

Status BundleReader::read_entries(BundleEntrySink& sink, const Transfer& transfer) const {
  return read_blocks(index_.blocks.size(), sink, transfer);
}

Status BundleReader::read_manifests(BundleEntrySink& sink) const {
  std::set<Digest> described;
  for (const BundleModel& model : index_.models) {
    described.insert(model.manifest.digest);
    described.insert(model.config.digest);
  }
  uint64_t end = 1;
  for (const BundleEntry& entry : index_.entries) {
    // Whatever stands before them is read on the way.
    if (described.contains(entry.digest)) end = std::max(end, entry.offset + entry.bytes);
  }
  return read_blocks((end + limits::kBlockBytes - 1) / limits::kBlockBytes, sink, {});
}

Status BundleReader::read_blocks(size_t count, BundleEntrySink& sink, const Transfer& transfer) const {
  BlockStream blocks({path_, *file_, index_, data_offset_});
  EntryWalker walker(index_, path_, sink);
  uint64_t bytes_done = 0;
  transfer.report(0, index_.data_bytes);
  for (size_t i = 0; i < count; ++i) {
    PANNIER_TRY(transfer.check_cancel());
    PANNIER_ASSIGN(const ByteSpan block, blocks.next());
    PANNIER_TRY(walker.feed(block));
    bytes_done += block.size();
    transfer.report(bytes_done, index_.data_bytes);
  }
  assert(walker.done() || count < index_.blocks.size());
  return transfer.check_cancel();
}

}  // namespace pannier
