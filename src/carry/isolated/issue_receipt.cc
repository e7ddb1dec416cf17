// Walks what a generation names, and writes it down as a receipt.
#include "carry/isolated/issue_receipt.h"

#include <fmt/core.h>

#include <map>

#include "base/limits.h"
#include "carry/audit/audit_log.h"
#include "carry/store/receipts.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

// Blobs by digest, each looked at once.
class HeldBlobs {
 public:
  HeldBlobs(FileSystem& fs, const Store& store) : fs_(fs), store_(store) {}

  // `bytes`: what the manifest says; nothing where only the digest is known.
  void add(const Digest& digest, std::optional<uint64_t> bytes) {
    if (const auto found = held_.find(digest); found != held_.end()) return;
    const auto stat = fs_.stat(store_.blob_path(digest));
    const bool is_there = stat.ok() && stat->kind == FileKind::kRegular && (!bytes || stat->bytes == *bytes);
    held_[digest] = is_there ? std::optional(stat->bytes) : std::nullopt;
  }

  uint64_t missing_count() const { return held_.size() - blobs().size(); }

  std::vector<BlobInfo> blobs() const {
    std::vector<BlobInfo> blobs;
    for (const auto& [digest, bytes] : held_) {
      if (bytes) blobs.push_back({digest, *bytes});
    }
    return blobs;
  }

 private:
  FileSystem& fs_;
  const Store& store_;
  std::map<Digest, std::optional<uint64_t>> held_;
};

Status add_reference(FileSystem& fs, const Store& store, const Reference& reference, HeldBlobs& held) {
  held.add(reference.manifest_digest, reference.manifest_bytes);
  if (reference.origin) held.add(*reference.origin, std::nullopt);
  for (const Digest& signature : reference.signatures) held.add(signature, std::nullopt);
  // Of a kind that a newer release knows: its manifest is held, its files cannot be told.
  if (!kind_of_artifact_type(reference.artifact_type) && !reference.artifact_type.empty()) return {};
  const std::string path = store.blob_path(reference.manifest_digest);
  auto contents = read_small_file(fs, path, limits::kManifestBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) return {};  // counted as missing
  if (!contents.ok()) return std::move(contents).error();
  if (sha256(*contents) != reference.manifest_digest) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("the manifest of {} does not match its digest: {}", reference.name, path),
                 "run `fsck`, or install it again"};
  }
  PANNIER_ASSIGN(const ParsedManifest parsed, parse_model_manifest(*contents, path));
  held.add(parsed.config_digest, parsed.config_bytes);
  for (const ModelFile& file : parsed.model.files) held.add(file.digest, file.bytes);
  return {};
}

Result<Receipt> describe_store(FileSystem& fs, const Store& store, uint64_t& missing_count) {
  PANNIER_ASSIGN(const ImageIndex index, store.references());
  Receipt receipt;
  PANNIER_ASSIGN(receipt.store_id, store_identity(fs, store.root()));
  receipt.generation = index.generation;
  receipt.channels = index.channels;
  HeldBlobs held(fs, store);
  for (const ChannelState& channel : index.channels) held.add(channel.statement, std::nullopt);
  for (const Reference& reference : index.references) {
    receipt.references.push_back({reference.name, reference.manifest_digest});
    PANNIER_TRY(add_reference(fs, store, reference, held));
  }
  receipt.blobs = held.blobs();
  missing_count = held.missing_count();
  if (receipt.blobs.size() > limits::kReceiptBlobsMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("the store holds {} blobs, a receipt lists at most {}", receipt.blobs.size(),
                             limits::kReceiptBlobsMax),
                 "split the store"};
  }
  PANNIER_ASSIGN(const AuditHead head, audit_head(fs, audit_log_path(store.root())));
  receipt.log_count = head.count;
  receipt.log_digest = head.digest;
  return receipt;
}

AuditEvent event_of(const NewReceipt& made) {
  AuditEvent event;
  event.action = "receipt";
  event.verdict = "ok";
  event.digests = {"receipt " + made.receipt.payload_digest.oci()};
  for (const DsseSignature& signature : made.receipt.envelope.signatures) {
    event.signers.push_back(signature.key_id.hex());
  }
  return event;
}

}  // namespace

Result<NewReceipt> issue_receipt(FileSystem& fs, const Store& store, const P256PrivateKey* key,
                                 const Environment& environment) {
  PANNIER_TRY(check_audit_writable(fs, audit_log_path(store.root())));
  NewReceipt made;
  {
    // No collector runs between our look at the blobs and the moment it can read what we promise.
    PANNIER_ASSIGN(const std::unique_ptr<FileLock> lock,
                   fs.lock(store_layout::collecting_lock(store.root()), LockMode::kShared));
    PANNIER_ASSIGN(made.receipt.receipt, describe_store(fs, store, made.missing_count));
    made.receipt.envelope = receipt_envelope(made.receipt.receipt);
    if (key != nullptr) sign_envelope(made.receipt.envelope, *key);
    made.receipt.payload_digest = sha256(made.receipt.envelope.payload);
    made.file_bytes = write_dsse(made.receipt.envelope);
    PANNIER_TRY(keep_receipt(fs, store.root(), made.receipt.payload_digest, made.file_bytes));
  }
  PANNIER_TRY(record_audit(fs, environment, store.root(), event_of(made)));
  return made;
}

}  // namespace pannier
