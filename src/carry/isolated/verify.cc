// verify reads a bundle once and throws the bytes away; inspect reads its beginning.
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

Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::string& path) {
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  BundleInspection inspection{describe_bundle(*reader), std::nullopt};
  ContentsCheck check(*reader);
  if (Status read = reader->read_manifests(check); !read.ok()) inspection.manifests_error = read.error();
  inspection.bundle.facts = check.facts();
  return inspection;
}

Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  ContentsCheck check(*reader);
  PANNIER_TRY(reader->read_entries(check, transfer));
  VerifyResult result = describe_bundle(*reader);
  result.facts = check.facts();
  return result;
}

}  // namespace pannier
