// Opening, creating and reading a store.
#include "carry/store/store.h"

#include <algorithm>
#include <cassert>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "carry/store/near_names.h"
#include "carry/store/store_layout.h"
#include "carry/store/store_writer.h"

namespace pannier {
namespace store_layout {

std::string generation_file_name(uint64_t number) {
  assert(number >= 1 && number <= kGenerationMax);
  const std::string digits = std::to_string(number);
  return std::string(kGenerationDigits - digits.size(), '0') + digits + ".json";
}

std::optional<uint64_t> generation_of_file_name(std::string_view name) {
  constexpr std::string_view kSuffix = ".json";
  if (name.size() != kGenerationDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  uint64_t number = 0;
  for (const char digit : name.substr(0, kGenerationDigits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(digit - '0');
  }
  if (number == 0) return std::nullopt;
  return number;
}

std::string generation_file(const std::string& root, uint64_t number) {
  return generations(root) + "/" + generation_file_name(number);
}

uint64_t download_lock_number(std::string_view key) {
  const Digest digest = sha256(key);
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number |= uint64_t{digest.bytes[i]} << (8 * i);
  return number & ((uint64_t{1} << 62) - 1);
}

}  // namespace store_layout

namespace {

using namespace store_layout;

// How often a read is begun anew because a file that was listed is gone (an old generation pruned
// meanwhile): each time somebody else has moved on, so few tries are enough.
constexpr int kReadTriesMax = 100;

Error no_store(const std::string& root) {
  return {ErrorKind::kNotFound, "there is no store at " + root,
          "give the folder of a store with --store, or make one: pannier install creates it"};
}

// The whole of format.json is the promise that everything below is laid out as the page says.
Status check_format_file(FileSystem& fs, const std::string& root) {
  const std::string path = format_file(root);
  auto contents = read_small_file(fs, path, kFormatFileBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) return no_store(root);
  if (!contents.ok()) return std::move(contents).error();
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(*contents, path));
  if (!document.root().is_object())
    return Error{ErrorKind::kCorrupt, path + ": the JSON is not an object", ""};
  const JsonReader reader(document.root(), path);
  PANNIER_ASSIGN(const std::string format, reader.string("format"));
  if (format != "pannier-store")
    return Error{ErrorKind::kCorrupt, path + ": this is not a pannier store", ""};
  PANNIER_ASSIGN(const uint64_t version, reader.unsigned_integer("version", UINT32_MAX));
  if (version == 0 || version > kFormatVersion) {
    return Error{
        ErrorKind::kUnsupported,
        path + ": the store has format version " + std::to_string(version) + ", this program knows 1",
        "use the release of pannier that made the store, or a newer one"};
  }
  return {};
}

// Never skipped in silence: an older list would look as if models had been removed.
Error corrupt_newest(Error error) {
  error.hint =
      "the newest list of models is damaged; nothing was lost silently: restore the file from a backup, or "
      "remove it to go back to the generation before it";
  return error;
}

Error ambiguous(const std::string& alias, const std::vector<const Reference*>& references) {
  constexpr size_t kNamesShownMax = 5;
  std::string names;
  for (size_t i = 0; i < std::min(references.size(), kNamesShownMax); ++i) {
    names += (i == 0 ? "" : i + 1 == references.size() ? " and " : ", ") + references[i]->name;
  }
  if (references.size() > kNamesShownMax) {
    names += " and " + std::to_string(references.size() - kNamesShownMax) + " more";
  }
  return {ErrorKind::kInvalid, "\"" + alias + "\" is another name of " + names, "say which by its own name"};
}

// Ascending, as their names have one length. A folder is not listed in one moment: a scan may miss both a
// name that went meanwhile and the one that came. So where lists are ever removed, none at all is never
// believed; and an old one that was seen is gone when it is opened, since older ones go first.
Result<std::vector<uint64_t>> list_generations(FileSystem& fs, const std::string& root) {
  for (int attempt = 0; attempt < kReadTriesMax; ++attempt) {
    PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(store_layout::generations(root)));
    std::vector<uint64_t> numbers;
    for (const FolderEntry& entry : entries) {
      if (const auto number = generation_of_file_name(entry.name)) numbers.push_back(*number);
    }
    if (!numbers.empty()) return numbers;
    const auto pruned = fs.stat(pruned_mark(root));
    if (!pruned.ok() && pruned.error().kind == ErrorKind::kNotFound) return numbers;
    if (!pruned.ok()) return pruned.error();
  }
  return Error{ErrorKind::kCorrupt,
               store_layout::generations(root) + ": there were lists of models here, and there is none now",
               "restore the folder from a backup; where the store was meant to be emptied, remove the file " +
                   pruned_mark(root)};
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(FileSystem& fs, std::string root) {
  PANNIER_TRY(check_format_file(fs, root));
  return std::unique_ptr<Store>(new Store(fs, std::move(root)));
}

std::unique_ptr<Store> unchecked_store(FileSystem& fs, std::string root) {
  return std::unique_ptr<Store>(new Store(fs, std::move(root)));
}

Result<std::unique_ptr<Store>> Store::open_or_create(FileSystem& fs, std::string root) {
  auto opened = open(fs, root);
  if (opened.ok() || opened.error().kind != ErrorKind::kNotFound) return opened;
  const Status created = create_store(fs, root);
  // Somebody may have completed the same store meanwhile, and swept our half of it: that is as good.
  opened = open(fs, std::move(root));
  if (!opened.ok() && !created.ok()) return created.error();
  return opened;
}

Result<ImageIndex> Store::references() const {
  for (int attempt = 0; attempt < kReadTriesMax; ++attempt) {
    PANNIER_ASSIGN(const std::vector<uint64_t> numbers, list_generations(fs_, root_));
    if (numbers.empty()) return ImageIndex{};
    auto index = generation(numbers.back());
    if (!index.ok() && index.error().kind == ErrorKind::kNotFound) continue;
    if (!index.ok() && index.error().kind == ErrorKind::kCorrupt) {
      return corrupt_newest(std::move(index).error());
    }
    return index;
  }
  return Error{ErrorKind::kIo,
               store_layout::generations(root_) + ": the newest generation vanishes whenever it is read", ""};
}

Result<std::vector<uint64_t>> Store::generations() const { return list_generations(fs_, root_); }

Result<ImageIndex> Store::generation(uint64_t number) const {
  const std::string path = generation_file(root_, number);
  PANNIER_ASSIGN(const std::string contents, read_small_file(fs_, path, limits::kGenerationBytesMax));
  PANNIER_ASSIGN(ImageIndex index, parse_image_index(contents, path));
  if (index.generation != number) {
    return Error{ErrorKind::kCorrupt,
                 path + ": it says that it is generation " + std::to_string(index.generation), ""};
  }
  return index;
}

Result<Reference> Store::find(const std::string& name) const {
  PANNIER_TRY(check_ref_name(name));
  PANNIER_ASSIGN(const ImageIndex index, references());
  const auto found = std::lower_bound(
      index.references.begin(), index.references.end(), name,
      [](const Reference& reference, const std::string& wanted) { return reference.name < wanted; });
  // A name always wins: no alias that somebody brings along can stand in its way.
  if (found != index.references.end() && found->name == name) return *found;
  std::vector<const Reference*> by_alias;
  for (const Reference& reference : index.references) {
    if (std::binary_search(reference.aliases.begin(), reference.aliases.end(), name)) {
      by_alias.push_back(&reference);
    }
  }
  if (by_alias.size() == 1) return *by_alias.front();
  if (by_alias.size() > 1) return ambiguous(name, by_alias);
  return Error{ErrorKind::kNotFound, "the store at " + root_ + " holds no \"" + name + "\"",
               hint_of_near_names(name, index.references)};
}

Status check_kind(const Reference& reference, ArtifactKind found, const std::string& manifest_path) {
  // Other tools leave the type out of an index: then the manifest alone says it.
  const bool agrees =
      reference.artifact_type.empty() || reference.artifact_type == artifact_type_of_kind(found);
  if (agrees) return {};
  return Error{ErrorKind::kCorrupt,
               manifest_path + ": " + reference.name + " is listed as \"" +
                   for_message(reference.artifact_type) + "\", but its manifest describes a " +
                   std::string(artifact_kind_name(found)),
               "install " + reference.name + " again"};
}

Result<ModelManifest> Store::manifest(const Reference& reference) const {
  const std::string path = blob_path(reference.manifest_digest);
  auto contents = read_small_file(fs_, path, limits::kManifestBytesMax);
  if (!contents.ok() && contents.error().kind == ErrorKind::kNotFound) {
    return Error{ErrorKind::kIncomplete, "the manifest of " + reference.name + " is missing: " + path,
                 "install " + reference.name + " again"};
  }
  if (!contents.ok()) return std::move(contents).error();
  if (contents->size() != reference.manifest_bytes || sha256(*contents) != reference.manifest_digest) {
    return Error{ErrorKind::kCorrupt,
                 "the manifest of " + reference.name + " does not match its digest: " + path,
                 "install " + reference.name + " again"};
  }
  PANNIER_ASSIGN(ParsedManifest parsed, parse_model_manifest(*contents, path));
  PANNIER_TRY(check_kind(reference, parsed.model.kind, path));
  return std::move(parsed.model);
}

std::string Store::blob_path(const Digest& digest) const { return blob(root_, digest); }

bool Store::has_blob(const Digest& digest, uint64_t bytes) const {
  const auto stat = fs_.stat(blob_path(digest));
  return stat.ok() && stat->kind == FileKind::kRegular && stat->bytes == bytes;
}

bool Store::has_blob(const Digest& digest) const {
  const auto stat = fs_.stat(blob_path(digest));
  return stat.ok() && stat->kind == FileKind::kRegular;
}

Result<std::unique_ptr<StoreWriter>> Store::begin() const { return begin_store_writer(fs_, root_); }

Result<std::unique_ptr<StoreWriter>> Store::begin_or_create(FileSystem& fs, const std::string& root) {
  const auto opened = open(fs, root);
  if (opened.ok()) return (*opened)->begin();
  if (opened.error().kind != ErrorKind::kNotFound) return opened.error();
  return begin_new_store_writer(fs, root);
}

}  // namespace pannier
