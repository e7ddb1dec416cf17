// Reads one side of a comparison, whatever it is.
#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"
#include "base/read_pieces.h"
#include "base/safe_path.h"
#include "carry/isolated/comparison.h"
#include "carry/transport/bundle_reader.h"

namespace pannier {
namespace {

Result<ModelFile> hash_file(FileSystem& fs, const std::string& place, const std::string& path,
                            bool executable, const Transfer& transfer) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(place));
  Sha256 sha;
  PANNIER_TRY(read_pieces(*file, [&](ByteSpan bytes) -> Status {
    PANNIER_TRY(transfer.check_cancel());
    sha.update(bytes);
    return {};
  }));
  return ModelFile{path, executable, file->size(), sha.finish()};
}

// Regular files below `folder`, sorted by path. Links and hidden names are left out, as `pack` leaves them
// out.
Status add_folder(FileSystem& fs, const std::string& folder, const std::string& prefix, uint32_t depth,
                  const Transfer& transfer, ComparedSide& side) {
  std::vector<ModelFile>& files = side.models.front().files;
  if (depth > limits::kPathDepthMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{} lies more than {} folders deep", folder, limits::kPathDepthMax), ""};
  }
  PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(folder));
  for (const FolderEntry& entry : entries) {
    const std::string place = folder + "/" + entry.name;
    const std::string path = prefix + entry.name;
    if (entry.name.starts_with('.')) continue;
    if (entry.kind == FileKind::kFolder) {
      PANNIER_TRY(add_folder(fs, place, path + "/", depth + 1, transfer, side));
    } else if (entry.kind == FileKind::kRegular) {
      PANNIER_TRY(SafePath::parse(path));
      if (files.size() == limits::kFilesPerModelMax) {
        return Error{ErrorKind::kLimit, fmt::format("{} holds too many files", folder), ""};
      }
      PANNIER_ASSIGN(const FileStat stat, fs.stat(place));
      PANNIER_ASSIGN(ModelFile file, hash_file(fs, place, path, stat.executable, transfer));
      side.places[file.digest] = place;
      files.push_back(std::move(file));
    }
  }
  return {};
}

Result<ComparedSide> read_folder(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  ComparedSide side;
  side.what = "the folder " + path;
  side.models.resize(1);
  BundleModel& model = side.models.front();
  model.name = file_name(path);
  PANNIER_TRY(add_folder(fs, path, "", 1, transfer, side));
  std::sort(model.files.begin(), model.files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
  return side;
}

// A receipt is JSON from its first byte on; a bundle is an archive, and its volumes have a head of their own.
Result<bool> looks_like_receipt(FileSystem& fs, const std::string& path) {
  PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> file, fs.open(path));
  if (file->size() == 0) return false;
  uint8_t first = 0;
  PANNIER_TRY(file->read_at(0, {&first, 1}));
  return first == '{';
}

}  // namespace

Result<ComparedSide> read_side(FileSystem& fs, const std::string& path, const Transfer& transfer) {
  PANNIER_ASSIGN(const FileStat stat, fs.stat(path));
  if (stat.kind == FileKind::kFolder) return read_folder(fs, path, transfer);
  PANNIER_ASSIGN(const bool is_receipt, looks_like_receipt(fs, path));
  if (is_receipt) {
    PANNIER_ASSIGN(const std::string contents, read_small_file(fs, path, limits::kReceiptBytesMax));
    PANNIER_ASSIGN(SignedReceipt read, parse_receipt(contents, path));
    return ComparedSide{"the receipt " + path, {}, std::move(read.receipt), {}};
  }
  PANNIER_ASSIGN(const std::unique_ptr<BundleReader> reader, BundleReader::open(fs, path));
  return ComparedSide{"the bundle " + path, reader->index().models, {}, {}};
}

Result<ComparedSide> side_of_reference(const Store& store, const Reference& reference) {
  ComparedSide side{reference.name + " in " + store.root(), {}, {}, {}};
  PANNIER_ASSIGN(ModelManifest manifest, store.manifest(reference));
  BundleModel model;
  model.name = reference.name;
  model.manifest = {reference.manifest_digest, reference.manifest_bytes};
  model.files = std::move(manifest.files);
  model.kind = manifest.kind;
  for (const ModelFile& file : model.files) side.places[file.digest] = store.blob_path(file.digest);
  side.models.push_back(std::move(model));
  return side;
}

}  // namespace pannier
