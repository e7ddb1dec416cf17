#include "carry/isolated/admission.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "carry/store/receipts.h"
#include "carry/trust/trust_store.h"
#include "format/approval.h"
#include "format/volume.h"

namespace pannier {
namespace {

constexpr std::string_view kBundleSuffix = ".pannier";

// Null where there is none yet.
Result<std::unique_ptr<Store>> open_store(FileSystem& fs, const std::string& root) {
  if (root.empty()) return std::unique_ptr<Store>();
  auto store = Store::open(fs, root);
  if (!store.ok() && store.error().kind == ErrorKind::kNotFound) return std::unique_ptr<Store>();
  return store;
}

Result<DsseEnvelope> read_approval(FileSystem& fs, const std::string& path) {
  PANNIER_ASSIGN(const std::string json, read_small_file(fs, path, limits::kApprovalBytesMax));
  PANNIER_ASSIGN(SignedApproval approval, parse_approval(json, path));
  return std::move(approval.envelope);
}

// Those that were given must be there; those beside the bundle are taken where they are.
Result<std::vector<DsseEnvelope>> read_approvals(FileSystem& fs, const AdmissionQuestion& question) {
  std::vector<DsseEnvelope> approvals;
  for (const std::string& path : question.approvals) {
    PANNIER_ASSIGN(DsseEnvelope approval, read_approval(fs, path));
    approvals.push_back(std::move(approval));
  }
  for (const std::string& file : question.bundle_files) {
    const std::string path = file + std::string(kApprovalSuffix);
    const auto stat = fs.stat(path);
    const bool was_given =
        std::find(question.approvals.begin(), question.approvals.end(), path) != question.approvals.end();
    if (was_given || !stat.ok() || stat->kind != FileKind::kRegular) continue;
    PANNIER_ASSIGN(DsseEnvelope approval, read_approval(fs, path));
    approvals.push_back(std::move(approval));
  }
  return approvals;
}

Result<ReceiptsHere> receipts_here(FileSystem& fs, const std::string& store_root,
                                   const BundleStatement& statement) {
  ReceiptsHere receipts;
  for (const Digest& payload : statement.receipts) {
    PANNIER_ASSIGN(const bool is_ours, receipt_issued_here(fs, store_root, payload));
    if (is_ours) receipts.issued.push_back(payload);
  }
  return receipts;
}

Status judge_freshness(FileSystem& fs, const AdmissionQuestion& question, const BundleStatement& statement,
                       Admission& admission) {
  const Store* store = admission.store.get();
  ReceiptsHere receipts;
  if (store != nullptr) {
    PANNIER_ASSIGN(receipts, receipts_here(fs, question.store_root, statement));
  }
  FreshnessOptions options;
  options.allow_older = question.allow_older;
  options.channels = question.channels;
  options.is_trusted = admission.verdict.state == TrustState::kTrusted;
  options.root = admission.verdict.root ? &*admission.verdict.root : nullptr;
  if (store != nullptr) {
    options.read_statement = [&](const Digest& digest) {
      return read_small_file(fs, store->blob_path(digest), limits::kStatementBytesMax);
    };
  }
  auto verdict = check_freshness(statement, admission.statement_digest, admission.here, receipts, options);
  if (verdict.ok()) {
    admission.freshness = *verdict;
  } else {
    admission.freshness_error = std::move(verdict).error();
  }
  return {};
}

}  // namespace

std::vector<std::string> files_with_approvals(const std::vector<std::string>& given,
                                              const std::vector<std::string>& bundle_files) {
  std::set<std::string> files(given.begin(), given.end());
  for (const std::string& file : bundle_files) {
    files.insert(file);
    files.insert(parent_folder(file) + "/" + volume_set_name(file_name(file)) + std::string(kBundleSuffix));
  }
  return {files.begin(), files.end()};
}

Result<Admission> judge_head(FileSystem& fs, const AdmissionQuestion& question, const OpenedHead& head) {
  Admission admission;
  admission.statement_digest = sha256(head.statement_json);
  TrustRoots roots;
  if (!question.store_root.empty()) {
    PANNIER_ASSIGN(roots, read_trust_roots(fs, question.store_root));
  }
  PANNIER_ASSIGN(std::vector<DsseEnvelope> approvals, read_approvals(fs, question));
  PANNIER_ASSIGN(admission.verdict,
                 judge_bundle(roots, {head.envelope, head.statement, head.trust_json, std::move(approvals)}));
  PANNIER_ASSIGN(admission.store, open_store(fs, question.store_root));
  if (admission.store) {
    PANNIER_ASSIGN(admission.here, admission.store->references());
  }
  PANNIER_TRY(judge_freshness(fs, question, head.statement, admission));
  return admission;
}

}  // namespace pannier
