// ContentsCheck: does the OCI layout inside a bundle say the same as the bundle's index?
#pragma once

#include <map>
#include <string>

#include "carry/transport/bundle_reader.h"

namespace pannier {

// What a manifest says beside its files.
struct ArtifactFacts {
  Upstream upstream;
  WheelhouseInfo wheelhouse;
};

// A sink that looks at the small JSON entries alone: the image index must name exactly the models of
// the index, and each manifest the same title, config and files. kCorrupt with the difference. Every
// reader of a bundle runs its entries through this one.
class ContentsCheck : public BundleEntrySink {
 public:
  // `reader` must outlive the check.
  explicit ContentsCheck(const BundleReader& reader);

  Status begin_entry(const BundleEntry& entry) override;
  Status entry_bytes(ByteSpan bytes) override;
  Status end_entry(const BundleEntry& entry) override;

  // Of the manifests so far, by name. They are for people: of a bundle that says more than a few megabytes
  // in annotations the rest is checked but not kept.
  const std::map<std::string, ArtifactFacts>& facts() const { return facts_; }

 private:
  Status check_image_index() const;
  Status check_manifest(const BundleModel& model);
  Error differs(const std::string& detail) const;

  const BundleReader& reader_;
  std::map<Digest, const BundleModel*> model_by_manifest_;
  std::map<std::string, ArtifactFacts> facts_;
  uint64_t facts_bytes_ = 0;
  bool collecting_ = false;
  std::string collected_;  // of the current entry, when it is one to look at
};

}  // namespace pannier
