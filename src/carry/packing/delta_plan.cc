// Decides file by file, each content once.
#include "carry/packing/delta_plan.h"

#include <optional>

#include "carry/packing/base_index.h"

namespace pannier {
namespace {

// A smaller file crosses whole: a difference has a head of its own, and a scanner reads plain files.
constexpr uint64_t kDeltaBytesMin = 4096;

class Planner {
 public:
  Planner(const BaseIndex* bases, const HeldState& held) : bases_(bases), held_(held) {}

  void add(const BundleModel& model, const ModelFile& file) {
    DeltaFile planned{model.name, file.path, file.bytes, file.digest};
    if (const auto known = decided_.find(file.digest); known != decided_.end()) {
      planned.way = plan_.files[known->second].way;
      planned.base = plan_.files[known->second].base;
      plan_.files.push_back(std::move(planned));
      return;
    }
    decided_[file.digest] = plan_.files.size();
    if (held_.holds(file.digest, file.bytes)) {
      planned.way = DeltaFile::Way::kHeld;
      plan_.transport[file.digest] = {BlobWay::kHeld, {}};
      plan_.held_bytes += file.bytes;
    } else if (const BaseFile* base = base_for(model, file); base != nullptr) {
      planned.way = DeltaFile::Way::kDelta;
      planned.base = base->model + " " + base->path;
      plan_.transport[file.digest] = {BlobWay::kEncoded,
                                      PlannedBase{base->blob, bases_->file_of(*base), base->path}};
      plan_.delta_bytes += file.bytes;
    } else {
      plan_.whole_bytes += file.bytes;
    }
    plan_.files.push_back(std::move(planned));
  }

  DeltaPlan take() { return std::move(plan_); }

 private:
  const BaseFile* base_for(const BundleModel& model, const ModelFile& file) {
    // Wheels are compressed: a difference of two is as large as one.
    if (bases_ == nullptr || model.kind == ArtifactKind::kWheelhouse || file.bytes < kDeltaBytesMin) {
      return nullptr;
    }
    const BaseFile* base = bases_->find(model.name, file);
    if (base != nullptr && base->is_here) return base;
    if (base == nullptr && !bases_->is_unknown_here(model.name)) return nullptr;
    plan_.without_base_bytes += file.bytes;
    if (plan_.without_base_example.empty()) plan_.without_base_example = model.name + " " + file.path;
    return nullptr;
  }

  const BaseIndex* bases_;
  const HeldState& held_;
  DeltaPlan plan_;
  std::map<Digest, size_t> decided_;  // into plan_.files
};

}  // namespace

std::string_view name_without_revision(std::string_view ref_name) {
  return ref_name.substr(0, ref_name.find('@'));
}

Result<DeltaPlan> plan_delta(FileSystem& fs, const Store* store, const HeldState& held,
                             std::span<const BundleModel> models) {
  std::optional<BaseIndex> bases;
  if (store != nullptr) {
    PANNIER_ASSIGN(bases, BaseIndex::read(fs, *store, held));
  }
  Planner planner(bases ? &*bases : nullptr, held);
  for (const BundleModel& model : models) {
    for (const ModelFile& file : model.files) planner.add(model, file);
  }
  return planner.take();
}

}  // namespace pannier
