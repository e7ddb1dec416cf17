// install: what the store lacks is staged while the bundle is verified, then committed at once.
#include "carry/isolated/install.h"

#include <fmt/core.h>

#include <set>

#include "carry/isolated/contents_check.h"
#include "carry/isolated/target_folder.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_reader.h"

namespace pannier {
namespace {

// What has to happen, found out before anything is written.
struct Plan {
  std::unique_ptr<Store> store;  // null where there is none yet
  uint64_t generation = 0;
  std::set<Digest> missing;
  uint64_t missing_bytes = 0;
  std::vector<Reference> references;
  std::vector<InstalledModel> models;
  bool changes = false;
};

InstalledState state_of(const BundleModel& model, const ImageIndex& there) {
  for (const Reference& reference : there.references) {
    if (reference.name != model.name) continue;
    return reference.manifest_digest == model.manifest.digest ? InstalledState::kUnchanged
                                                              : InstalledState::kReplaced;
  }
  return InstalledState::kNew;
}

Result<Plan> make_plan(FileSystem& fs, const BundleIndex& index, const std::string& store_root) {
  Plan plan;
  ImageIndex there;
  auto opened = Store::open(fs, store_root);
  if (opened.ok()) {
    plan.store = std::move(opened).value();
    PANNIER_ASSIGN(there, plan.store->references());
    plan.generation = there.generation;
  } else if (opened.error().kind != ErrorKind::kNotFound) {
    return std::move(opened).error();
  }
  for (const BundleEntry& entry : index.entries) {
    if (!entry.path.starts_with(kBundleBlobFolder)) continue;
    if (plan.store && plan.store->has_blob(entry.digest, entry.bytes)) continue;
    plan.missing.insert(entry.digest);
    plan.missing_bytes += entry.bytes;
  }
  for (const BundleModel& model : index.models) {
    plan.references.push_back(model.reference());
    const InstalledState state = state_of(model, there);
    plan.models.push_back(
        {model.name, state, model.files.size(), model.total_bytes(), model.manifest.digest, model.kind});
    plan.changes |= state != InstalledState::kUnchanged;
  }
  plan.changes |= !plan.missing.empty();
  return plan;
}

// Stages the blobs that the store lacks. The walker calls `end_entry` only after the digest matched.
class StagingSink : public BundleEntrySink {
 public:
  // `writer` may be null: then everything is verified and nothing written.
  StagingSink(const BundleReader& reader, const Plan& plan, StoreWriter* writer)
      : check_(reader), plan_(plan), writer_(writer) {}

  Status begin_entry(const BundleEntry& entry) override {
    PANNIER_TRY(check_.begin_entry(entry));
    const bool is_blob = entry.path.starts_with(kBundleBlobFolder);
    if (writer_ == nullptr || !is_blob || !plan_.missing.contains(entry.digest)) return {};
    PANNIER_ASSIGN(file_, writer_->create_blob(entry.digest));
    return {};
  }

  Status entry_bytes(ByteSpan bytes) override {
    PANNIER_TRY(check_.entry_bytes(bytes));
    return file_ ? file_->append(bytes) : Status();
  }

  Status end_entry(const BundleEntry& entry) override {
    PANNIER_TRY(check_.end_entry(entry));
    if (!file_) return {};
    PANNIER_TRY(file_->close());
    file_.reset();
    return writer_->stage(entry.digest);
  }

  const std::map<std::string, ArtifactFacts>& facts() const { return check_.facts(); }

 private:
  ContentsCheck check_;
  const Plan& plan_;
  StoreWriter* writer_;
  std::unique_ptr<WritableFile> file_;  // of the current entry, where it is staged
};

void add_facts(const StagingSink& sink, Plan& plan) {
  for (InstalledModel& model : plan.models) {
    const auto facts = sink.facts().find(model.name);
    if (facts != sink.facts().end()) model.facts = facts->second;
  }
}

Status check_trust(const std::string& path, bool allow_unsigned) {
  if (allow_unsigned) return {};
  return Error{ErrorKind::kUnsigned, path + " is not signed: nobody vouches for what is in it",
               "where its origin is known by other means, repeat with --allow-unsigned"};
}

Result<uint64_t> stage_and_commit(FileSystem& fs, const BundleReader& reader, Plan& plan,
                                  const InstallOptions& options) {
  if (!plan.store) {
    PANNIER_ASSIGN(plan.store, Store::open_or_create(fs, options.store_root));
  }
  PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, plan.store->begin());
  StagingSink sink(reader, plan, writer.get());
  PANNIER_TRY(reader.read_entries(sink, options.transfer));
  add_facts(sink, plan);
  return writer->commit(plan.references);
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

Result<InstallResult> install_bundle(FileSystem& fs, const std::string& path, const InstallOptions& options) {
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  PANNIER_TRY(check_trust(path, options.allow_unsigned));
  PANNIER_ASSIGN(Plan plan, make_plan(fs, reader->index(), options.store_root));
  if (!plan.missing.empty()) {
    PANNIER_TRY(check_free_space(fs, options.store_root, plan.missing_bytes, plan.missing.size()));
  }
  InstallResult result;
  result.payload_digest = reader->statement().payload_digest;
  result.blobs_written = plan.missing.size();
  result.bytes_written = plan.missing_bytes;
  result.generation = plan.generation;
  result.changed = plan.changes;
  if (options.dry_run || !plan.changes) {
    // Even where nothing is to be written: "installed" says that this bundle is whole.
    StagingSink sink(*reader, plan, nullptr);
    PANNIER_TRY(reader->read_entries(sink, options.transfer));
    add_facts(sink, plan);
  } else {
    PANNIER_ASSIGN(result.generation, stage_and_commit(fs, *reader, plan, options));
  }
  result.models = std::move(plan.models);
  return result;
}

}  // namespace pannier
