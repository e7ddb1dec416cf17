// verify: reads a bundle once and throws the bytes away.
#include "carry/isolated/verify.h"

#include "carry/isolated/contents_check.h"
#include "carry/transport/bundle_reader.h"

namespace pannier {

const char* trust_state_name(TrustState state) {
  switch (state) {
    case TrustState::kUnsigned:
      return "unsigned";
  }
  return "unsigned";
}

VerifyResult describe_bundle(const BundleReader& reader) {
  VerifyResult result;
  result.payload_digest = reader.statement().payload_digest;
  result.bundle_bytes = reader.bundle_bytes();
  result.block_count = reader.index().blocks.size();
  result.models = reader.index().models;
  return result;
}

Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  ContentsCheck check(*reader);
  PANNIER_TRY(reader->read_entries(check, transfer));
  return describe_bundle(*reader);
}

}  // namespace pannier
