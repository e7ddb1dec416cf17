// install: what the store lacks is staged while the bundle is verified, then committed at once.
#include "carry/isolated/install.h"

#include <fmt/core.h>

#include <cassert>
#include <map>
#include <optional>
#include <set>

#include "carry/isolated/staging_sink.h"
#include "carry/isolated/target_folder.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_reader.h"
#include "carry/trust/trust_store.h"

namespace pannier {
namespace {

// What has to happen, found out before anything is written.
struct Plan {
  std::set<Digest> missing;
  uint64_t missing_bytes = 0;
  std::vector<BlobInfo> kept;  // blobs of the store that the new references need, or deltas build on
  StoreChange change;
  std::vector<InstalledModel> models;
  bool has_changes = false;
};

const Reference* find_reference(const ImageIndex& index, const std::string& name) {
  for (const Reference& reference : index.references) {
    if (reference.name == name) return &reference;
  }
  return nullptr;
}

// The reference as it will stand in the store. Where it is there already with the same contents, what is
// known of their origin is only replaced by something that is trusted.
Reference reference_to(const BundleModel& model, const Reference* there, const Admission& admission,
                       bool is_signed) {
  Reference reference = model.reference();
  for (const BlobInfo& signature : model.signatures) reference.signatures.push_back(signature.digest);
  if (is_signed) reference.origin = admission.statement_digest;
  const bool is_same = there != nullptr && there->manifest_digest == reference.manifest_digest;
  if (!is_same) return reference;
  std::set<Digest> signatures(there->signatures.begin(), there->signatures.end());
  signatures.insert(reference.signatures.begin(), reference.signatures.end());
  reference.signatures.assign(signatures.begin(), signatures.end());
  const bool is_trusted = admission.verdict.state == TrustState::kTrusted;
  if (there->origin && !is_trusted) reference.origin = there->origin;
  return reference;
}

// Whether a commit would find the reference as it is. Aliases come from the manifest, so they are the same.
bool is_there(const Reference& wanted, const Reference* there) {
  return there != nullptr && there->manifest_digest == wanted.manifest_digest &&
         there->origin == wanted.origin && there->signatures == wanted.signatures;
}

void plan_references(const BundleReader& reader, const Admission& admission, Plan& plan) {
  const bool is_signed = !reader.head().envelope.signatures.empty();
  for (const BundleModel& model : reader.index().models) {
    const Reference* there = find_reference(admission.here, model.name);
    Reference reference = reference_to(model, there, admission, is_signed);
    InstalledState state = InstalledState::kNew;
    if (there != nullptr) {
      state = there->manifest_digest == model.manifest.digest ? InstalledState::kUnchanged
                                                              : InstalledState::kReplaced;
    }
    plan.models.push_back(
        {model.name, state, model.files.size(), model.total_bytes(), model.manifest.digest, model.kind});
    plan.has_changes |= !is_there(reference, there);
    plan.change.references.push_back(std::move(reference));
  }
}

void plan_channel(const BundleStatement& statement, const Admission& admission, Plan& plan) {
  if (!admission.freshness.moves_channel) return;
  plan.change.channels.push_back({statement.channel, statement.sequence, admission.statement_digest});
  plan.has_changes = true;
  for (const ChannelState& channel : admission.here.channels) {
    // The number that stands there came by a key that is revoked now.
    if (channel.name == statement.channel && channel.sequence >= statement.sequence) {
      plan.change.channels_may_go_back = true;
    }
  }
}

void plan_blobs(const BundleIndex& index, const Store* store, Plan& plan) {
  std::map<Digest, uint64_t> blobs;
  for (const BundleEntry& entry : index.entries) {
    if (entry.is_part()) {
      blobs[entry.digest] += entry.decoded_bytes;
    } else if (entry.path.starts_with(kBundleBlobFolder)) {
      blobs[entry.digest] = entry.bytes;
    }
  }
  for (const auto& [digest, bytes] : blobs) {
    if (store != nullptr && store->has_blob(digest, bytes)) {
      plan.kept.push_back({digest, bytes});
    } else {
      plan.missing.insert(digest);
      plan.missing_bytes += bytes;
    }
  }
  plan.has_changes |= !plan.missing.empty();
  plan.kept.insert(plan.kept.end(), index.held.begin(), index.held.end());
  plan.kept.insert(plan.kept.end(), index.bases.begin(), index.bases.end());
}

Result<Plan> make_plan(const BundleReader& reader, const Admission& admission) {
  Plan plan;
  const BundleIndex& index = reader.index();
  const Store* store = admission.store.get();
  PANNIER_TRY(require_none_missing(index, missing_blobs(index, store), reader.path()));
  plan_references(reader, admission, plan);
  plan_channel(reader.statement(), admission, plan);
  plan_blobs(index, store, plan);
  plan.has_changes |= !admission.verdict.new_roots.empty();
  return plan;
}

// What the audit log says of it, as far as it is known by now.
void note(AuditEvent* event, const InstallOptions& options, const OpenedHead& head,
          const Admission& admission) {
  if (event == nullptr) return;
  event->signers = voucher_names(admission.verdict);
  event->digests = {"payload " + head.statement.payload_digest.oci(),
                    "statement " + admission.statement_digest.oci()};
  if (options.allow_unsigned && admission.verdict.state != TrustState::kTrusted) {
    event->permissions.emplace_back("--allow-unsigned");
  }
  if (admission.freshness.state == Freshness::kOlderAllowed) {
    event->permissions.emplace_back("--allow-older");
    event->detail = "older than what is here";
  }
}

// Blobs that the store has must not be collected before they are named.
Status keep_blobs(StoreWriter& writer, const Plan& plan, const std::string& what) {
  for (const BlobInfo& blob : plan.kept) {
    PANNIER_ASSIGN(const bool is_kept, writer.keep(blob.digest, blob.bytes));
    if (is_kept) continue;
    return Error{ErrorKind::kIncomplete,
                 fmt::format("{}: blob {} has gone from the store since this began", what, blob.digest.oci()),
                 "install it again"};
  }
  return {};
}

// One installation, from the head to the commit.
class Installation {
 public:
  Installation(FileSystem& fs, const InstallOptions& options) : fs_(fs), options_(options) {}

  Result<InstallResult> run(const std::vector<std::string>& paths);

 private:
  Status open(const std::vector<std::string>& paths);
  Status judge(const AdmissionQuestion& question, const OpenedHead& head, const std::string& what);
  Status read(StoreWriter* writer);
  Result<uint64_t> stage_and_commit();

  FileSystem& fs_;
  const InstallOptions& options_;
  std::unique_ptr<BundleReader> reader_;
  Admission admission_;
  Plan plan_;
  std::vector<SignedModel> model_signatures_;
};

Status Installation::judge(const AdmissionQuestion& question, const OpenedHead& head,
                           const std::string& what) {
  PANNIER_ASSIGN(admission_, judge_head(fs_, question, head));
  note(options_.audit, options_, head, admission_);
  PANNIER_TRY(require_trust(admission_.verdict, options_.allow_unsigned, what));
  return admission_.freshness_error ? Status(*admission_.freshness_error) : Status();
}

Status Installation::open(const std::vector<std::string>& paths) {
  PANNIER_ASSIGN(OpenedBundle opened, open_bundle(fs_, paths));
  const std::string what = opened.what;
  const AdmissionQuestion question{options_.store_root, options_.approvals,
                                   files_with_approvals(paths, opened.files), options_.allow_older,
                                   options_.channels};
  PANNIER_ASSIGN(reader_, BundleReader::open(std::move(opened), [&](const OpenedHead& head) {
                   return judge(question, head, what);
                 }));
  if (options_.audit == nullptr) return {};
  for (const BundleModel& model : reader_->index().models) options_.audit->refs.push_back(model.name);
  return {};
}

Status Installation::read(StoreWriter* writer) {
  std::optional<StoreBaseBlobs> bases;
  if (admission_.store) bases.emplace(fs_, *admission_.store);
  BundleReadOptions read_options;
  read_options.bases = bases ? &*bases : nullptr;
  read_options.transfer = options_.transfer;
  StagingSink sink(*reader_, plan_.missing, writer);
  PANNIER_TRY(reader_->read_blobs(sink, read_options));
  const Verdict& verdict = admission_.verdict;
  PANNIER_ASSIGN(model_signatures_,
                 check_model_signatures(reader_->index().models, sink.check().signatures(),
                                        verdict.root ? &*verdict.root : nullptr, reader_->path()));
  for (InstalledModel& model : plan_.models) {
    const auto facts = sink.check().facts().find(model.name);
    if (facts != sink.check().facts().end()) model.facts = facts->second;
  }
  return {};
}

Result<uint64_t> Installation::stage_and_commit() {
  PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, Store::begin_or_create(fs_, options_.store_root));
  PANNIER_TRY(keep_blobs(*writer, plan_, reader_->path()));
  PANNIER_TRY(read(writer.get()));
  const OpenedHead& head = reader_->head();
  if (!head.envelope.signatures.empty()) {
    PANNIER_ASSIGN(const Digest staged, writer->add_blob(head.statement_json));
    assert(staged == admission_.statement_digest);
  }
  // In a store that is only about to be, the log would stay behind should the commit fail.
  if (options_.audit != nullptr && admission_.store) {
    PANNIER_TRY(check_audit_writable(fs_, audit_log_path(options_.store_root)));
  }
  // Before the commit: should the machine die in between, what came with the bundle is judged by the newer
  // root, which may revoke a key, and not by the older one.
  if (!admission_.verdict.new_roots.empty()) {
    PANNIER_TRY(add_trust_roots(fs_, options_.store_root, admission_.verdict.new_roots));
  }
  return writer->commit(plan_.change);
}

Result<InstallResult> Installation::run(const std::vector<std::string>& paths) {
  PANNIER_TRY(open(paths));
  PANNIER_ASSIGN(plan_, make_plan(*reader_, admission_));
  if (!plan_.missing.empty()) {
    PANNIER_TRY(check_free_space(fs_, options_.store_root, plan_.missing_bytes, plan_.missing.size()));
  }
  InstallResult result;
  result.blobs_written = plan_.missing.size();
  result.bytes_written = plan_.missing_bytes;
  result.generation = admission_.here.generation;
  result.new_roots = admission_.verdict.new_roots.size();
  result.changed = plan_.has_changes;
  if (options_.dry_run || !plan_.has_changes) {
    // Even where nothing is to be written: "installed" says that this bundle is whole.
    PANNIER_TRY(read(nullptr));
  } else {
    PANNIER_ASSIGN(result.generation, stage_and_commit());
  }
  result.bundle = describe_bundle(*reader_);
  result.admission = std::move(admission_);
  result.model_signatures = std::move(model_signatures_);
  result.models = std::move(plan_.models);
  return result;
}

}  // namespace

const char* installed_state_name(InstalledState state) {
  switch (state) {
    case InstalledState::kNew:
      return "new";
    case InstalledState::kReplaced:
      return "replaced";
    case InstalledState::kUnchanged:
      return "unchanged";
  }
  return "new";
}

Result<InstallResult> install_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                     const InstallOptions& options) {
  return Installation(fs, options).run(paths);
}

Result<InstallResult> install_bundle(FileSystem& fs, const std::string& path, const InstallOptions& options) {
  return install_bundle(fs, std::vector<std::string>{path}, options);
}

}  // namespace pannier
