// One JSON file for each place that was exported to, named after it.
#include "carry/isolated/export_records.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/json.h"
#include "base/limits.h"
#include "carry/store/store_layout.h"

namespace pannier {
namespace {

constexpr uint64_t kRecordVersion = 1;
constexpr ExportKind kKinds[] = {ExportKind::kLocalDir, ExportKind::kHfCache, ExportKind::kWheelhouse};

std::string record_file(const std::string& folder, const ExportRecord& record) {
  const std::string place = std::string(export_kind_name(record.kind)) + "\n" + record.folder;
  return folder + "/" + sha256(place).hex() + ".json";
}

std::string write_record(const ExportRecord& record) {
  JsonWriter json;
  json.begin_object().member("version", kRecordVersion).member("kind", export_kind_name(record.kind));
  json.member("folder", record.folder).member("store", record.store);
  json.member("symlinks", record.symlinks).member("link", record.link);
  json.key("references").begin_array();
  for (const ExportedReference& reference : record.references) {
    json.begin_object().member("name", reference.name).member("manifest", reference.manifest.oci());
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

Result<std::vector<ExportedReference>> parse_references(const JsonReader& reader, const std::string& path) {
  std::vector<ExportedReference> references;
  PANNIER_ASSIGN(const JsonValue array, reader.array("references"));
  for (const JsonValue element : array.elements()) {
    const JsonReader entry(element, path);
    ExportedReference reference;
    PANNIER_ASSIGN(reference.name, entry.string("name"));
    PANNIER_TRY(check_ref_name(reference.name));
    PANNIER_ASSIGN(const std::string digest, entry.string("manifest"));
    PANNIER_ASSIGN(reference.manifest, digest_from_oci(digest));
    references.push_back(std::move(reference));
  }
  return references;
}

Result<ExportRecord> parse_record(const std::string& contents, const std::string& path) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(contents, path));
  const Error malformed{ErrorKind::kCorrupt, path + " is no record of an export", ""};
  if (!document.root().is_object()) return malformed;
  const JsonReader reader(document.root(), path);
  PANNIER_ASSIGN(const uint64_t version, reader.unsigned_integer("version", UINT32_MAX));
  if (version != kRecordVersion) return malformed;
  ExportRecord record;
  PANNIER_ASSIGN(const std::string kind, reader.string("kind"));
  const auto known = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](ExportKind each) { return kind == export_kind_name(each); });
  if (known == std::end(kKinds)) return malformed;
  record.kind = *known;
  PANNIER_ASSIGN(record.folder, reader.string("folder"));
  PANNIER_ASSIGN(record.store, reader.string("store"));
  record.symlinks = document.root()["symlinks"].as_bool().value_or(true);
  record.link = document.root()["link"].as_bool().value_or(false);
  PANNIER_ASSIGN(record.references, parse_references(reader, path));
  // Folders are removed below them, so only whole ones are taken.
  if (!record.folder.starts_with('/')) return malformed;
  return record;
}

std::optional<ExportRecord> read_record(FileSystem& fs, const std::string& path) {
  const auto contents = read_small_file(fs, path, limits::kExportRecordBytesMax);
  if (!contents.ok()) return std::nullopt;
  auto record = parse_record(*contents, path);
  if (!record.ok()) return std::nullopt;
  return std::move(*record);
}

// The new names, and those of before that it does not mention.
ExportRecord merged(const std::optional<ExportRecord>& before, ExportRecord record) {
  std::map<std::string, Digest> by_name;
  if (before && record.kind != ExportKind::kLocalDir && before->store == record.store) {
    for (const ExportedReference& reference : before->references) {
      by_name[reference.name] = reference.manifest;
    }
  }
  for (const ExportedReference& reference : record.references) by_name[reference.name] = reference.manifest;
  record.references.clear();
  for (const auto& [name, manifest] : by_name) record.references.push_back({name, manifest});
  return record;
}

Status keep_in(FileSystem& fs, const std::string& folder, const ExportRecord& record) {
  const std::string path = record_file(folder, record);
  PANNIER_TRY(fs.make_folders(folder));
  return write_file_atomic(fs, path, write_record(merged(read_record(fs, path), record)));
}

// Ends in what unique_name makes: "-PID-N-RANDOM", and TargetFolder's ".old" where it swaps.
bool is_unique_suffix(std::string_view text) {
  if (text.ends_with(".old")) text.remove_suffix(4);
  int dashes = 0;
  for (const char c : text) {
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (c != '-' && !is_hex) return false;
    dashes += c == '-' ? 1 : 0;
  }
  return text.starts_with('-') && dashes == 3 && text.size() > 12;
}

class DeadExports {
 public:
  DeadExports(FileSystem& fs, int64_t before_seconds, bool dry_run)
      : fs_(fs), before_seconds_(before_seconds), dry_run_(dry_run) {}

  // Folders in `folder` whose name is `prefix` and then something unique.
  Status sweep(const std::string& folder, const std::string& prefix) {
    const auto entries = fs_.list(folder);
    if (!entries.ok()) return {};  // the place is gone, or not ours to look at
    for (const FolderEntry& entry : *entries) {
      if (entry.kind != FileKind::kFolder || !entry.name.starts_with(prefix)) continue;
      if (!is_unique_suffix(std::string_view(entry.name).substr(prefix.size()))) continue;
      const auto stat = fs_.stat(folder + "/" + entry.name);
      if (!stat.ok() || stat->modified_seconds >= before_seconds_) continue;
      if (!dry_run_) PANNIER_TRY(fs_.remove_tree(folder + "/" + entry.name));
      ++count_;
    }
    return {};
  }

  uint64_t count() const { return count_; }

 private:
  FileSystem& fs_;
  const int64_t before_seconds_;
  const bool dry_run_;
  uint64_t count_ = 0;
};

}  // namespace

const char* export_kind_name(ExportKind kind) {
  switch (kind) {
    case ExportKind::kLocalDir:
      return "local-dir";
    case ExportKind::kHfCache:
      return "hf-cache";
    case ExportKind::kWheelhouse:
      return "wheelhouse";
  }
  return "local-dir";
}

std::string store_export_records(const std::string& store_root) {
  return store_layout::own_folder(store_root) + "/exports";
}

std::string user_export_records(const Environment& environment) {
  return user_state_folder(environment, "exports");
}

Status keep_export_record(FileSystem& fs, const Environment& environment, const ExportRecord& record) {
  const Status kept = keep_in(fs, store_export_records(record.store), record);
  const std::string own = user_export_records(environment);
  return kept.ok() || own.empty() ? kept : keep_in(fs, own, record);
}

Status forget_export_record(FileSystem& fs, const Environment& environment, const ExportRecord& record) {
  for (const std::string& folder : {store_export_records(record.store), user_export_records(environment)}) {
    if (folder.empty()) continue;
    const Status removed = fs.remove_file(record_file(folder, record));
    if (!removed.ok() && removed.error().kind != ErrorKind::kNotFound) return removed;
  }
  return {};
}

Result<std::vector<ExportRecord>> export_records(FileSystem& fs, const Environment& environment,
                                                 const std::string& store_root) {
  std::vector<ExportRecord> records;
  for (const std::string& folder : {store_export_records(store_root), user_export_records(environment)}) {
    if (folder.empty()) continue;
    const auto entries = fs.list(folder);
    if (!entries.ok()) {
      if (entries.error().kind == ErrorKind::kNotFound) continue;
      return entries.error();
    }
    for (const FolderEntry& entry : *entries) {
      if (entry.kind != FileKind::kRegular || !entry.name.ends_with(".json")) continue;
      auto record = read_record(fs, folder + "/" + entry.name);
      if (record && record->store == store_root) records.push_back(*std::move(record));
    }
  }
  std::sort(records.begin(), records.end(), [](const ExportRecord& a, const ExportRecord& b) {
    return std::pair(a.folder, a.kind) < std::pair(b.folder, b.kind);
  });
  return records;
}

Result<std::vector<StaleExport>> stale_exports(FileSystem& fs, const std::vector<ExportRecord>& records,
                                               const ImageIndex& now) {
  std::map<std::string, Digest> by_name;
  for (const Reference& reference : now.references) by_name[reference.name] = reference.manifest_digest;
  std::vector<StaleExport> stale;
  for (const ExportRecord& record : records) {
    StaleExport found{record};
    for (const ExportedReference& reference : record.references) {
      const auto there = by_name.find(reference.name);
      if (there == by_name.end()) {
        found.removed.push_back(reference.name);
      } else if (there->second != reference.manifest) {
        found.changed.push_back(reference.name);
      }
    }
    if (found.changed.empty() && found.removed.empty()) continue;
    const auto folder = fs.stat(record.folder);
    found.is_gone = !folder.ok() && folder.error().kind == ErrorKind::kNotFound;
    stale.push_back(std::move(found));
  }
  return stale;
}

Result<uint64_t> sweep_dead_exports(FileSystem& fs, const std::vector<ExportRecord>& records,
                                    int64_t before_seconds, bool dry_run) {
  DeadExports dead(fs, before_seconds, dry_run);
  for (const ExportRecord& record : records) {
    if (record.kind != ExportKind::kHfCache) {
      PANNIER_TRY(dead.sweep(parent_folder(record.folder), "." + file_name(record.folder)));
      continue;
    }
    const auto repos = fs.list(record.folder);
    if (!repos.ok()) continue;
    for (const FolderEntry& repo : *repos) {
      if (repo.kind != FileKind::kFolder) continue;
      PANNIER_TRY(dead.sweep(record.folder + "/" + repo.name, ".pannier"));
    }
  }
  return dead.count();
}

}  // namespace pannier
