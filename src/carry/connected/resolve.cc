#include "carry/connected/resolve.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/display.h"
#include "base/limits.h"
#include "carry/connected/folder_walk.h"
#include "carry/connected/hub/default_models.h"
#include "carry/connected/hub/hf_cache.h"
#include "carry/connected/hub/hub_settings.h"
#include "carry/connected/pack.h"

namespace pannier {
namespace {

class Resolver : public SnapshotResolver {
 public:
  Resolver(FileSystem& fs, ResolveOptions options, Hub hub)
      : fs_(fs), options_(std::move(options)), hub_(std::move(hub)) {}

  Result<Snapshot> resolve(const ModelRef& ref) override {
    switch (ref.kind) {
      case RefKind::kHub:
        return hub_.snapshot(ref);
      case RefKind::kTask: {
        PANNIER_ASSIGN(const ModelRef meant, resolve_task(ref));
        return hub_.snapshot(meant);
      }
      case RefKind::kHfCache:
        return snapshot_of_hf_cache(fs_, options_.hub_cache, ref, options_.hub.retry.cancel);
      case RefKind::kFolder:
        return of_folder(ref);
      case RefKind::kPypi:
        break;
    }
    if (options_.pypi) return options_.pypi(ref);
    return Error{ErrorKind::kUnsupported,
                 "\"" + for_message(ref.text) + "\": no package index is known here to take it from", ""};
  }

  Result<std::string> read(const Snapshot& snapshot, const SnapshotFile& file, uint64_t bytes_max) override {
    if (file.local_path.empty()) return hub_.small_file(snapshot, file, bytes_max);
    PANNIER_ASSIGN(std::string text, read_small_file(fs_, file.local_path, bytes_max));
    if (text.size() != file.bytes || !contents_match(file.id, text)) {
      return Error{ErrorKind::kCorrupt, file.local_path + " changed while we were at it",
                   "let nothing write into it meanwhile"};
    }
    return text;
  }

  const Hub& hub() const override { return hub_; }

 private:
  Result<Snapshot> of_folder(const ModelRef& ref) {
    PANNIER_ASSIGN(FolderWalk walk, walk_model_folder(fs_, ref.folder, ""));
    if (walk.files.size() > limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} holds {} files; at most {} are carried", ref.folder, walk.files.size(),
                               limits::kFilesPerModelMax),
                   ""};
    }
    Snapshot snapshot;
    // A folder may be called what no model can be; whoever plans it then gives another name.
    if (auto name = default_ref_name(ref.folder); name.ok()) snapshot.name = *name;
    snapshot.ref = ref;
    snapshot.source = "folder " + ref.folder;
    for (WalkedFile& walked : walk.files) {
      SnapshotFile file;
      file.path = std::move(walked.path);
      file.bytes = walked.bytes;
      file.executable = walked.executable;
      file.local_path = std::move(walked.source);
      snapshot.files.push_back(std::move(file));
    }
    for (LeftOut& left : walk.left_out) snapshot.left_out.push_back({left.path, 0, std::move(left.reason)});
    std::sort(snapshot.left_out.begin(), snapshot.left_out.end(),
              [](const LeftOutFile& a, const LeftOutFile& b) { return a.path < b.path; });
    return snapshot;
  }

  FileSystem& fs_;
  const ResolveOptions options_;
  Hub hub_;
};

}  // namespace

Result<std::unique_ptr<SnapshotResolver>> SnapshotResolver::make(FileSystem& fs, HttpClient& client,
                                                                 ResolveOptions options) {
  PANNIER_ASSIGN(Hub hub, Hub::make(client, options.hub));
  if (options.hub_cache.empty()) options.hub_cache = hf_cache_folder(process_environment());
  return std::unique_ptr<SnapshotResolver>(
      std::make_unique<Resolver>(fs, std::move(options), std::move(hub)));
}

}  // namespace pannier
