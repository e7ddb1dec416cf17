// verify reads a bundle once and throws the bytes away; inspect reads its beginning.
#include "carry/isolated/verify.h"

#include <algorithm>
#include <mutex>

namespace pannier {
namespace {

// Checks what every reader checks, and remembers what could not be decoded.
class VerifySink : public BundleSink {
 public:
  explicit VerifySink(const BundleReader& reader) : check_(reader) {}

  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override {
    return check_.begin_blob(blob);
  }
  Status cannot_decode(const BundleBlob& blob) override {
    const std::lock_guard lock(mutex_);
    not_decoded_.push_back(blob.digest);
    return {};
  }

  const ContentsCheck& check() const { return check_; }
  // In the order of the digests, whichever thread came first.
  std::vector<Digest> not_decoded() const {
    std::vector<Digest> sorted = not_decoded_;
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

 private:
  ContentsCheck check_;
  std::mutex mutex_;
  std::vector<Digest> not_decoded_;
};

void count_parts(const BundleIndex& index, BundleSummary& summary) {
  for (const BundleEntry& entry : index.entries) {
    if (!entry.is_part()) continue;
    ++summary.part_count;
    summary.encoded_blobs += entry.decoded_offset == 0 ? 1 : 0;
    summary.encoded_bytes += entry.bytes;
    summary.decoded_bytes += entry.decoded_bytes;
  }
}

}  // namespace

BundleSummary describe_bundle(const BundleReader& reader) {
  BundleSummary summary;
  summary.what = reader.path();
  summary.files = reader.files();
  summary.statement = reader.statement();
  summary.statement_digest = sha256(reader.head().statement_json);
  for (const DsseSignature& signature : reader.head().envelope.signatures) {
    summary.signer_ids.push_back(signature.key_id);
  }
  summary.bundle_bytes = reader.bundle_bytes();
  summary.block_count = reader.index().blocks.size();
  summary.models = reader.index().models;
  count_parts(reader.index(), summary);
  summary.held = reader.index().held;
  summary.bases = reader.index().bases;
  return summary;
}

Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::vector<std::string>& paths) {
  PANNIER_ASSIGN(OpenedBundle opened, open_bundle(fs, paths));
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(std::move(opened)));
  BundleInspection inspection{describe_bundle(*reader), std::nullopt};
  ContentsCheck check(*reader);
  if (Status read = reader->read_manifests(check); !read.ok()) inspection.manifests_error = read.error();
  inspection.bundle.facts = check.facts();
  return inspection;
}

Result<BundleInspection> inspect_bundle(FileSystem& fs, const std::string& path) {
  return inspect_bundle(fs, std::vector<std::string>{path});
}

Result<VerifyResult> verify_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                   const VerifyOptions& options) {
  PANNIER_ASSIGN(OpenedBundle opened, open_bundle(fs, paths, options.uncached));
  VerifyResult result;
  AdmissionQuestion question{options.store_root, options.approvals,
                             files_with_approvals(paths, opened.files)};
  question.channels = options.channels;
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader,
                 BundleReader::open(std::move(opened), [&](const OpenedHead& head) -> Status {
                   PANNIER_ASSIGN(result.admission, judge_head(fs, question, head));
                   return {};
                 }));
  const Store* store = result.admission.store.get();
  result.missing = missing_blobs(reader->index(), store);
  if (Status none = require_none_missing(reader->index(), result.missing, reader->path()); !none.ok()) {
    result.missing_error = std::move(none).error();
  }
  std::optional<StoreBaseBlobs> bases;
  if (store != nullptr) bases.emplace(fs, *store);
  VerifySink sink(*reader);
  BundleReadOptions read_options;
  read_options.bases = bases ? &*bases : nullptr;
  read_options.transfer = options.transfer;
  PANNIER_TRY(reader->read_blobs(sink, read_options));
  result.bundle = describe_bundle(*reader);
  result.bundle.facts = sink.check().facts();
  result.not_decoded = sink.not_decoded();
  const Verdict& verdict = result.admission.verdict;
  PANNIER_ASSIGN(result.model_signatures,
                 check_model_signatures(reader->index().models, sink.check().signatures(),
                                        verdict.root ? &*verdict.root : nullptr, reader->path()));
  return result;
}

Result<VerifyResult> verify_bundle(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  VerifyOptions options;
  options.transfer = transfer;
  return verify_bundle(fs, std::vector<std::string>{path}, options);
}

}  // namespace pannier
