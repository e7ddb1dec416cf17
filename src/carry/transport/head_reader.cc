#include "carry/transport/head_reader.h"

#include <fmt/core.h>

#include "base/limits.h"
#include "format/bundle_canonical.h"
#include "format/tar.h"

namespace pannier {

Status HeadReader::check_left(uint64_t bytes, std::string_view entry_path) const {
  const uint64_t left = file_.size() - offset_;
  if (bytes <= left) return {};
  return Error{ErrorKind::kIncomplete,
               fmt::format("{} ends at byte {}, within {}: at least {} bytes are missing", what_,
                           file_.size(), entry_path, bytes - left),
               kCopyBundleAgain};
}

Result<std::string> HeadReader::read(uint64_t bytes) {
  std::string contents(bytes, '\0');
  PANNIER_TRY(file_.read_at(offset_, {reinterpret_cast<uint8_t*>(contents.data()), contents.size()}));
  offset_ += bytes;
  return contents;
}

Result<std::string> HeadReader::next(std::string_view entry_path, uint64_t bytes_max) {
  const std::string what = fmt::format("{}: {}", what_, entry_path);
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
Status HeadReader::check_kind() {
  if (file_.size() < kTarBlockBytes) return {};
  std::string start(kTarBlockBytes, '\0');
  PANNIER_TRY(file_.read_at(0, {reinterpret_cast<uint8_t*>(start.data()), start.size()}));
  constexpr size_t kMagicOffset = 257;
  if (start.starts_with(kBundleStatementPath) || start.compare(kMagicOffset, 5, "ustar") == 0) return {};
  return Error{ErrorKind::kCorrupt, what_ + " is not a bundle", "give a file that `pannier pack` wrote"};
}

Result<OpenedHead> HeadReader::read_head() {
  PANNIER_TRY(check_kind());
  OpenedHead head;
  PANNIER_ASSIGN(head.statement_json, next(kBundleStatementPath, limits::kStatementBytesMax));
  PANNIER_ASSIGN(SignedBundleStatement found, parse_bundle_statement(head.statement_json, what_));
  head.envelope = std::move(found.envelope);
  head.statement = std::move(found.statement);
  if (!head.statement.trust) return head;
  PANNIER_ASSIGN(head.trust_json, next(kBundleTrustPath, limits::kTrustBytesMax));
  if (*head.statement.trust != BlobInfo{sha256(head.trust_json), head.trust_json.size()}) {
    return corrupt_bundle(fmt::format("{}: {}", what_, kBundleTrustPath),
                          "it does not match the digest in the statement");
  }
  return head;
}

}  // namespace pannier
