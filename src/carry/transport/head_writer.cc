// The head has one length, fixed before the data is written: signatures are as long as ever, and an index
// that became shorter is filled up.
#include "carry/transport/head_writer.h"

#include <fmt/core.h>

#include <cassert>

#include "base/limits.h"
#include "format/tar.h"

namespace pannier {
namespace {

std::string tar_entry(std::string_view path, std::string_view contents) {
  std::string out = write_tar_header({std::string(path), contents.size()});
  out += contents;
  out.append(tar_padding_bytes(contents.size()), '\0');
  return out;
}

}  // namespace

HeadWriter::HeadWriter(const BundleClaim& claim, const BundleIndex& largest, uint64_t index_bytes)
    : claim_(claim), index_bytes_(index_bytes), bytes_(bytes_with(largest, index_bytes)) {}

Result<HeadWriter> HeadWriter::keep_room(const BundleClaim& claim, const BundleIndex& largest) {
  const uint64_t index_bytes = write_bundle_index(largest).size();
  if (index_bytes <= limits::kIndexBytesMax) return HeadWriter(claim, largest, index_bytes);
  return Error{ErrorKind::kLimit,
               fmt::format("the index would take {} bytes, at most {} are allowed", index_bytes,
                           limits::kIndexBytesMax),
               "pack fewer models into one bundle"};
}

BundleStatement HeadWriter::statement(const BundleIndex& index, const BlobInfo& index_json) const {
  BundleStatement statement;
  statement.layout = index.layout;
  statement.index = index_json;
  statement.data_bytes = index.data_bytes;
  if (!claim_.trust_json.empty()) {
    statement.trust = BlobInfo{sha256(claim_.trust_json), claim_.trust_json.size()};
  }
  statement.channel = claim_.channel;
  statement.sequence = claim_.sequence;
  statement.receipts = claim_.receipts;
  return statement;
}

uint64_t HeadWriter::bytes_with(const BundleIndex& index, uint64_t index_bytes) const {
  DsseEnvelope envelope = bundle_statement_envelope(statement(index, {{}, index_bytes}));
  envelope.signatures.resize(claim_.keys.size());
  uint64_t bytes = tar_entry_bytes({std::string(kBundleStatementPath), write_dsse(envelope).size()}) +
                   tar_entry_bytes({std::string(kBundleIndexPath), index_bytes});
  if (!claim_.trust_json.empty()) {
    bytes += tar_entry_bytes({std::string(kBundleTrustPath), claim_.trust_json.size()});
  }
  return bytes;
}

WrittenHead HeadWriter::write(BundleIndex index) const {
  index.padding = 0;
  uint64_t index_bytes = write_bundle_index(index).size();
  assert(index_bytes <= index_bytes_);
  if (index.layout == BundleLayout::kEncoded) {
    // Sizes with fewer digits may make the statement a tar block shorter; then the index takes it. Its size
    // and the statement's never step at the same byte, so one of the next 512 sizes fits.
    const uint64_t shortest = index_bytes;
    index_bytes = index_bytes_;
    while (bytes_with(index, index_bytes) < bytes_) ++index_bytes;
    index.padding = index_bytes - shortest;
  }
  assert(bytes_with(index, index_bytes) == bytes_);

  const std::string index_json = write_bundle_index(index);
  WrittenHead head;
  head.statement = statement(index, {sha256(index_json), index_json.size()});
  head.statement.payload_digest = bundle_payload_digest(index.models);
  DsseEnvelope envelope = bundle_statement_envelope(head.statement);
  for (const P256PrivateKey* key : claim_.keys) sign_envelope(envelope, *key);
  head.statement_json = write_dsse(envelope);
  head.bytes = tar_entry(kBundleStatementPath, head.statement_json);
  if (!claim_.trust_json.empty()) head.bytes += tar_entry(kBundleTrustPath, claim_.trust_json);
  head.bytes += tar_entry(kBundleIndexPath, index_json);
  assert(head.bytes.size() == bytes_);
  return head;
}

}  // namespace pannier
