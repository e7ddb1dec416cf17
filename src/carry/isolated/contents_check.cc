// Compares image index and manifests with the index of the bundle.
#include "carry/isolated/contents_check.h"

#include <fmt/core.h>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint64_t kFactsBytesMax = 8 * limits::kMiB;
constexpr uint64_t kSignaturesBytesMax = 64 * limits::kMiB;

uint64_t bytes_of(const ArtifactFacts& facts) {
  const Upstream& upstream = facts.upstream;
  uint64_t bytes = sizeof(facts) + upstream.repo.size() + upstream.commit.size() + upstream.revision.size() +
                   upstream.licence.size() + upstream.source.size() + facts.wheelhouse.target.size();
  for (const std::string& alias : upstream.aliases) bytes += sizeof(std::string) + alias.size();
  for (const std::string& text : facts.wheelhouse.requirements) bytes += sizeof(std::string) + text.size();
  return bytes;
}

bool same_file(const ModelFile& a, const ModelFile& b) {
  return a.path == b.path && a.executable == b.executable && a.bytes == b.bytes && a.digest == b.digest;
}

}  // namespace

// Puts the bytes of a small blob together.
class ContentsCheck::Collector : public BlobSink {
 public:
  Collector(ContentsCheck& check, const BundleBlob& blob) : check_(check), blob_(blob) {
    contents_.reserve(blob.bytes);
  }
  Status append(ByteSpan bytes) override {
    contents_ += as_text(bytes);
    return {};
  }
  Status finish() override { return check_.check_contents(blob_, std::move(contents_)); }

 private:
  ContentsCheck& check_;
  const BundleBlob blob_;
  std::string contents_;
};

ContentsCheck::ContentsCheck(const BundleReader& reader) : reader_(reader) {
  for (const BundleModel& model : reader.index().models) {
    model_by_manifest_.emplace(model.manifest.digest, &model);
    for (const BlobInfo& signature : model.signatures) signature_digests_.insert(signature.digest);
  }
}

Result<std::unique_ptr<BlobSink>> ContentsCheck::begin_blob(const BundleBlob& blob) {
  // Sizes were bounded when the index was parsed: manifests and signatures by kManifestBytesMax, index.json
  // by kGenerationBytesMax; and the file is long enough to hold them.
  const bool collects = blob.path == "index.json" || model_by_manifest_.contains(blob.digest) ||
                        signature_digests_.contains(blob.digest);
  if (!collects) return std::unique_ptr<BlobSink>();
  return std::unique_ptr<BlobSink>(std::make_unique<Collector>(*this, blob));
}

Status ContentsCheck::check_contents(const BundleBlob& blob, std::string contents) {
  if (blob.path == "index.json") return check_image_index(contents);
  const auto model = model_by_manifest_.find(blob.digest);
  if (model != model_by_manifest_.end()) return check_manifest(*model->second, contents);
  const std::lock_guard lock(mutex_);
  signatures_bytes_ += contents.size();
  if (signatures_bytes_ <= kSignaturesBytesMax) signatures_[blob.digest] = std::move(contents);
  return {};
}

Status ContentsCheck::check_image_index(std::string_view contents) const {
  PANNIER_ASSIGN(const ImageIndex found, parse_image_index(contents, reader_.path() + ": index.json"));
  const std::vector<BundleModel>& models = reader_.index().models;
  if (found.references.size() != models.size()) {
    return differs(
        fmt::format("index.json names {} manifests, the index {}", found.references.size(), models.size()));
  }
  for (size_t i = 0; i < models.size(); ++i) {
    const Reference& reference = found.references[i];
    const Reference wanted = models[i].reference();
    if (reference == wanted) continue;
    if (reference.artifact_type != wanted.artifact_type) {
      return differs(fmt::format("index.json does not call {} a {}", models[i].name,
                                 artifact_kind_name(models[i].kind)));
    }
    return differs(fmt::format("index.json names model {} with manifest {}, the index {} with {}",
                               reference.name, reference.manifest_digest.hex(), models[i].name,
                               models[i].manifest.digest.hex()));
  }
  return {};
}

Status ContentsCheck::check_manifest(const BundleModel& model, std::string_view contents) {
  const std::string what = fmt::format("{}: the manifest of {}", reader_.path(), model.name);
  PANNIER_ASSIGN(ParsedManifest found, parse_model_manifest(contents, what));
  if (found.model.kind != model.kind) {
    return differs(fmt::format("the manifest of {} describes a {}, the index lists it among the {}",
                               model.name, artifact_kind_name(found.model.kind),
                               bundle_list_name(model.kind)));
  }
  if (found.model.name != model.name) {
    return differs(fmt::format("the manifest of {} calls itself {}", model.name, found.model.name));
  }
  if (found.config_digest != model.config.digest || found.config_bytes != model.config.bytes) {
    return differs(fmt::format("the manifest of {} names another config", model.name));
  }
  if (found.model.files.size() != model.files.size()) {
    return differs(fmt::format("the manifest of {} has {} files, the index {}", model.name,
                               found.model.files.size(), model.files.size()));
  }
  for (size_t i = 0; i < model.files.size(); ++i) {
    if (same_file(found.model.files[i], model.files[i])) continue;
    return differs(
        fmt::format("the manifest of {} and the index differ in {}", model.name, model.files[i].path));
  }
  ArtifactFacts facts{std::move(found.model.upstream), std::move(found.model.wheelhouse)};
  const std::lock_guard lock(mutex_);
  facts_bytes_ += bytes_of(facts);
  if (facts_bytes_ <= kFactsBytesMax) facts_[model.name] = std::move(facts);
  return {};
}

Error ContentsCheck::differs(const std::string& detail) const {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}: the bundle was made wrongly", reader_.path(), detail),
          "get the bundle again from whoever packed it"};
}

}  // namespace pannier
