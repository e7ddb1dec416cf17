// ContentsCheck: does the OCI layout inside a bundle say the same as the bundle's index?
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "carry/transport/bundle_reader.h"
#include "carry/transport/bundle_sink.h"

namespace pannier {

// What a manifest says beside its files.
struct ArtifactFacts {
  Upstream upstream;
  WheelhouseInfo wheelhouse;
};

// A sink that looks at the small JSON entries alone: the image index must name exactly the models of
// the index, and each manifest the same title, config and files. kCorrupt with the difference. Every
// reader of a bundle runs its blobs through this one. Thread-safe as a sink is.
class ContentsCheck : public BundleSink {
 public:
  // `reader` must outlive the check, and the check the sinks it makes.
  explicit ContentsCheck(const BundleReader& reader);

  // Null for a blob that it does not look at.
  Result<std::unique_ptr<BlobSink>> begin_blob(const BundleBlob& blob) override;
  // Deltas are never what it looks at.
  Status cannot_decode(const BundleBlob&) override { return {}; }

  // Of the manifests so far, by name. They are for people: of a bundle that says more than a few megabytes
  // in annotations the rest is checked but not kept.
  const std::map<std::string, ArtifactFacts>& facts() const { return facts_; }
  // The contents of the model signatures so far.
  const std::map<Digest, std::string>& signatures() const { return signatures_; }

 private:
  class Collector;
  Status check_contents(const BundleBlob& blob, std::string contents);
  Status check_image_index(std::string_view contents) const;
  Status check_manifest(const BundleModel& model, std::string_view contents);
  Error differs(const std::string& detail) const;

  const BundleReader& reader_;
  std::map<Digest, const BundleModel*> model_by_manifest_;
  std::set<Digest> signature_digests_;
  std::mutex mutex_;  // over what follows
  std::map<std::string, ArtifactFacts> facts_;
  uint64_t facts_bytes_ = 0;
  std::map<Digest, std::string> signatures_;
  uint64_t signatures_bytes_ = 0;
};

}  // namespace pannier
