// One of several processes that work on one store at the same moment, for tests of what they do to each
// other: installs, removals, going back, collecting and reading, in an order that a seed gives.
//
// usage: store_driver ROOT WORKER SEED OPERATIONS
// Prints a line for each operation, so that a test knows how far it is, and "done". What it changes are names
// of its own ("wWORKER/…"), and after each operation it reads them back whole. An error goes to standard
// error with the seed and the operation, and is the exit code 1.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <string>

#include "base/limits.h"
#include "carry/store/collect.h"
#include "carry/store/history.h"
#include "carry/store/store.h"

namespace pannier {
namespace {

// Few contents for many models: most blobs are somebody else's too, and often nobody's for a moment.
constexpr uint64_t kContents = 12;
constexpr uint64_t kNames = 3;
constexpr int kReadTries = 100;

class Worker {
 public:
  Worker(std::string root, std::string name, uint64_t seed)
      : root_(std::move(root)), name_(std::move(name)), random_(seed) {}

  Status step(const char*& what) {
    const uint64_t choice = random_() % 100;
    if (choice < 45) return (what = "install"), install();
    if (choice < 60) return (what = "remove"), remove();
    if (choice < 70) return (what = "rollback"), roll_back_one();
    if (choice < 90) return (what = "gc"), collect();
    return (what = "read"), read_everything();
  }

  // What this worker committed is there, whole.
  Status check_own() {
    const auto opened = Store::open(fs_, root_);
    if (!opened.ok() && opened.error().kind == ErrorKind::kNotFound && own_.empty()) return {};
    if (!opened.ok()) return opened.error();
    const std::unique_ptr<Store>& store = *opened;
    PANNIER_ASSIGN(const ImageIndex index, store->references());
    std::map<std::string, std::string> found;
    for (const Reference& reference : index.references) {
      if (!reference.name.starts_with(name_ + "/")) continue;
      PANNIER_ASSIGN(found[reference.name], read_model(*store, reference));
    }
    if (found == own_) return {};
    std::string both = "generation " + std::to_string(index.generation) + " says";
    for (const auto& [name, contents] : found) both += " " + name + "=" + contents;
    both += ", committed was";
    for (const auto& [name, contents] : own_) both += " " + name + "=" + contents;
    return Error{ErrorKind::kCorrupt, both + " (generation " + std::to_string(last_) + ")", ""};
  }

 private:
  std::string any_name() { return name_ + "/" + std::to_string(random_() % kNames); }

  Result<std::string> read_model(const Store& store, const Reference& reference) {
    PANNIER_ASSIGN(const ModelManifest model, store.manifest(reference));
    std::string all;
    for (const ModelFile& file : model.files) {
      PANNIER_ASSIGN(const std::string contents,
                     read_small_file(fs_, store.blob_path(file.digest), limits::kMiB));
      if (sha256(contents) != file.digest)
        return Error{ErrorKind::kCorrupt, "a blob is not what it says", ""};
      all += contents;
    }
    return all;
  }

  // As install does it: what the store has is kept, what it lacks is staged.
  Result<Digest> bring(StoreWriter& writer, const std::string& contents) {
    const Digest digest = sha256(contents);
    PANNIER_ASSIGN(const bool is_there, writer.keep(digest, contents.size()));
    if (is_there) return digest;
    return writer.add_blob(contents);
  }

  Status install() {
    const std::string name = any_name();
    const std::string contents = "contents " + std::to_string(random_() % kContents);
    PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, Store::begin_or_create(fs_, root_));
    ModelManifest model;
    model.name = "any";
    PANNIER_ASSIGN(const Digest file, bring(*writer, contents));
    model.files = {{"f", false, contents.size(), file}};
    const ManifestBlobs blobs = write_model_manifest(model);
    PANNIER_ASSIGN(const Digest config, bring(*writer, blobs.config));
    (void)config;
    Reference reference;
    reference.name = name;
    PANNIER_ASSIGN(reference.manifest_digest, bring(*writer, blobs.manifest));
    reference.manifest_bytes = blobs.manifest.size();
    PANNIER_ASSIGN(const uint64_t generation, writer->commit({reference}));
    last_ = generation;
    own_[name] = contents;
    return {};
  }

  Status remove() {
    const std::string name = any_name();
    if (!own_.contains(name)) return {};
    PANNIER_ASSIGN(const RemoveResult removed, remove_references(fs_, root_, {name}));
    last_ = removed.generation;
    own_.erase(name);
    return {};
  }

  // It may be that nothing is left to go back to, or that others change the store all the time.
  Status roll_back_one() {
    const std::string name = any_name();
    RollbackRequest request;
    request.name = name;
    const auto result = roll_back(fs_, root_, request);
    if (!result.ok()) {
      const ErrorKind kind = result.error().kind;
      const bool is_fine =
          kind == ErrorKind::kNotFound || kind == ErrorKind::kStale || kind == ErrorKind::kIncomplete;
      return is_fine ? Status() : Status(result.error());
    }
    last_ = result->generation;
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs_, root_));
    const auto reference = store->find(name);
    own_.erase(name);
    if (!reference.ok()) {
      return reference.error().kind == ErrorKind::kNotFound ? Status() : Status(reference.error());
    }
    PANNIER_ASSIGN(own_[name], read_model(*store, *reference));
    return {};
  }

  Status collect() {
    CollectOptions options;
    options.generations_kept = 1 + random_() % 4;
    options.grace_seconds = 0;
    const auto result = collect_garbage(fs_, root_, options);
    if (!result.ok() && result.error().kind == ErrorKind::kNotFound) return {};  // no store yet
    return result.ok() ? Status() : Status(result.error());
  }

  // A reader that finds something gone lists again: somebody has moved on.
  Status read_everything() {
    Status last;
    for (int attempt = 0; attempt < kReadTries; ++attempt) {
      last = read_once();
      if (last.ok() ||
          (last.error().kind != ErrorKind::kIncomplete && last.error().kind != ErrorKind::kNotFound)) {
        return last;
      }
    }
    return last;
  }

  Status read_once() {
    const auto store = Store::open(fs_, root_);
    if (!store.ok()) return store.error().kind == ErrorKind::kNotFound ? Status() : Status(store.error());
    PANNIER_ASSIGN(const ImageIndex index, (*store)->references());
    for (const Reference& reference : index.references) {
      PANNIER_ASSIGN(const std::string contents, read_model(**store, reference));
      (void)contents;
    }
    return {};
  }

  FileSystem& fs_ = real_file_system();
  const std::string root_;
  const std::string name_;
  std::mt19937_64 random_;
  std::map<std::string, std::string> own_;
  uint64_t last_ = 0;  // generation of the last change
};

int run(char** argv) {
  const uint64_t seed = std::strtoull(argv[3], nullptr, 10);
  const uint64_t operations = std::strtoull(argv[4], nullptr, 10);
  Worker worker(argv[1], std::string("w") + argv[2], seed);
  for (uint64_t i = 0; i < operations; ++i) {
    const char* what = "";
    Status status = worker.step(what);
    if (status.ok()) status = worker.check_own();
    if (!status.ok()) {
      std::fprintf(stderr, "worker %s, seed %s, operation %llu (%s): %s: %s\n", argv[2], argv[3],
                   static_cast<unsigned long long>(i), what, error_kind_name(status.error().kind),
                   status.error().to_string().c_str());
      return 1;
    }
    std::printf("%s\n", what);
    std::fflush(stdout);
  }
  std::puts("done");
  return 0;
}

}  // namespace
}  // namespace pannier

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: store_driver ROOT WORKER SEED OPERATIONS\n", stderr);
    return 2;
  }
  return pannier::run(argv);
}
