// Reading pannier.lock: see lock_file.h. It may come from anywhere, so nothing in it is taken on trust.
#include <fmt/core.h>

#include <algorithm>
#include <tuple>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/lock_file.h"
#include "format/oci.h"
#include "format/toml.h"

namespace pannier {
namespace {

Error corrupt(const std::string& where, const std::string& problem) {
  return {ErrorKind::kCorrupt, where + ": " + problem, "make the lock again with `pannier lock`"};
}

Result<std::vector<std::string>> read_strings(JsonValue table, std::string_view key,
                                              const std::string& where) {
  PANNIER_ASSIGN(const JsonValue list, JsonReader(table, where).array(key));
  std::vector<std::string> texts;
  for (const JsonValue value : list.elements()) {
    if (!value.is_string())
      return corrupt(where, fmt::format("\"{}\" holds something else than strings", key));
    texts.emplace_back(*value.as_string());
  }
  return texts;
}

Result<LockedFile> read_file(JsonValue value, const std::string& where) {
  if (!value.is_object()) return corrupt(where, "a file is no table");
  const JsonReader reader(value, where);
  PANNIER_TRY(reader.only({"path", "bytes", "sha256", "git", "executable"}));
  LockedFile file;
  PANNIER_ASSIGN(const std::string path, reader.string("path"));
  auto safe = SafePath::parse(path);
  if (!safe.ok()) return corrupt(where, safe.error().message);
  file.path = safe->text();
  PANNIER_ASSIGN(file.bytes, reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  const std::string of_file = where + ": " + for_message(file.path);
  if (value["sha256"].exists() == value["git"].exists()) {
    return corrupt(of_file, "exactly one of \"sha256\" and \"git\" is expected");
  }
  if (value["sha256"]) {
    PANNIER_ASSIGN(const std::string hex, reader.string("sha256"));
    auto digest = digest_from_hex(hex);
    if (!digest.ok()) return corrupt(of_file, digest.error().message);
    file.sha256 = *digest;
  } else {
    PANNIER_ASSIGN(const std::string hex, reader.string("git"));
    auto digest = sha1_from_hex(hex);
    if (!digest.ok()) return corrupt(of_file, digest.error().message);
    file.git = *digest;
  }
  if (value["executable"]) {
    if (value["executable"].as_bool() != true) return corrupt(of_file, "\"executable\" can only be true");
    file.executable = true;
  }
  return file;
}

Status read_files(JsonValue table, const std::string& where, std::vector<LockedFile>& files) {
  PANNIER_ASSIGN(const JsonValue list, JsonReader(table, where).array("files"));
  if (list.size() == 0) return corrupt(where, "a snapshot without files");
  if (list.size() > limits::kFilesPerModelMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} files, at most {} are allowed", where, list.size(), limits::kFilesPerModelMax),
        ""};
  }
  SafePathSet paths;
  for (const JsonValue value : list.elements()) {
    PANNIER_ASSIGN(LockedFile file, read_file(value, where));
    PANNIER_ASSIGN(const SafePath path, SafePath::parse(file.path));
    if (Status added = paths.add(path); !added.ok()) return corrupt(where, added.error().message);
    if (!files.empty() && files.back().path >= file.path)
      return corrupt(where, "files are not sorted by path");
    files.push_back(std::move(file));
  }
  return {};
}

Status check_words(const LockedSnapshot& snapshot, const std::string& where) {
  static constexpr std::string_view kKinds[] = {"model", "dataset"};
  static constexpr std::string_view kSources[] = {"hub", "hf-cache", "pypi", "folder"};
  if (std::find(std::begin(kKinds), std::end(kKinds), snapshot.kind) == std::end(kKinds)) {
    return corrupt(where, "kind \"" + for_message(snapshot.kind) + "\" is not known");
  }
  if (std::find(std::begin(kSources), std::end(kSources), snapshot.source) == std::end(kSources)) {
    return corrupt(where, "source \"" + for_message(snapshot.source) + "\" is not known");
  }
  if (Status named = check_ref_name(snapshot.name); !named.ok()) return corrupt(where, named.error().message);
  for (const std::string& alias : snapshot.aliases) {
    if (Status named = check_ref_name(alias); !named.ok()) return corrupt(where, named.error().message);
  }
  if (snapshot.source == "hub" && !sha1_from_hex(snapshot.commit).ok()) {
    return corrupt(where, "commit \"" + for_message(snapshot.commit) + "\" is not 40 hexadecimal characters");
  }
  return {};
}

Result<LockedSnapshot> read_snapshot(JsonValue table, const std::string& where) {
  const JsonReader reader(table, where);
  PANNIER_TRY(reader.only({"ref", "kind", "source", "name", "aliases", "repo", "revision", "commit",
                           "licence", "gated", "needed-by", "files"}));
  LockedSnapshot snapshot;
  PANNIER_ASSIGN(snapshot.ref, reader.string("ref"));
  PANNIER_ASSIGN(snapshot.kind, reader.string("kind"));
  PANNIER_ASSIGN(snapshot.source, reader.string("source"));
  PANNIER_ASSIGN(snapshot.name, reader.string("name"));
  PANNIER_ASSIGN(snapshot.aliases, read_strings(table, "aliases", where));
  PANNIER_ASSIGN(snapshot.repo, reader.string("repo"));
  PANNIER_ASSIGN(snapshot.revision, reader.string("revision"));
  PANNIER_ASSIGN(snapshot.commit, reader.string("commit"));
  PANNIER_ASSIGN(snapshot.licence, reader.string("licence"));
  PANNIER_ASSIGN(snapshot.gated, reader.string("gated"));
  PANNIER_ASSIGN(snapshot.needed_by, read_strings(table, "needed-by", where));
  PANNIER_TRY(check_words(snapshot, where));
  PANNIER_TRY(read_files(table, where, snapshot.files));
  return snapshot;
}

Result<LockedWheel> read_wheel(JsonValue table, const LockedWheel& package, const std::string& where) {
  const JsonReader reader(table, where);
  PANNIER_TRY(reader.only({"name", "url", "path", "size", "hashes"}));
  LockedWheel wheel = package;
  PANNIER_ASSIGN(wheel.filename, reader.string("name"));
  auto safe = SafePath::parse(wheel.filename);
  if (!safe.ok() || wheel.filename.find('/') != std::string::npos || !wheel.filename.ends_with(".whl")) {
    return corrupt(where, "\"" + for_message(wheel.filename) + "\" is not the file name of a wheel");
  }
  if (table["url"]) {
    PANNIER_ASSIGN(wheel.url, reader.string("url"));
  }
  PANNIER_ASSIGN(wheel.bytes, reader.unsigned_integer("size", limits::kBundleBytesMax));
  PANNIER_ASSIGN(const JsonValue hashes, reader.object("hashes"));
  PANNIER_ASSIGN(const std::string hex, JsonReader(hashes, where).string("sha256"));
  auto digest = digest_from_hex(hex);
  if (!digest.ok()) return corrupt(where, digest.error().message);
  wheel.sha256 = *digest;
  return wheel;
}

Status read_packages(JsonValue pylock, const std::string& where, std::vector<LockedWheel>& wheels) {
  PANNIER_ASSIGN(const JsonValue packages, JsonReader(pylock, where).array("packages"));
  for (const JsonValue package : packages.elements()) {
    const JsonReader reader(package, where);
    LockedWheel named;
    PANNIER_ASSIGN(named.package, reader.string("name"));
    PANNIER_ASSIGN(named.version, reader.string("version"));
    const std::string of_package = where + ": " + for_message(named.package);
    PANNIER_ASSIGN(const JsonValue list, JsonReader(package, of_package).array("wheels"));
    for (const JsonValue value : list.elements()) {
      if (wheels.size() >= limits::kWheelsMax) {
        return Error{ErrorKind::kLimit, fmt::format("{}: more than {} wheels", where, limits::kWheelsMax),
                     ""};
      }
      PANNIER_ASSIGN(LockedWheel wheel, read_wheel(value, named, of_package));
      wheels.push_back(std::move(wheel));
    }
  }
  return {};
}

Result<LockedWheelhouse> read_wheelhouse(JsonValue table, const std::string& where) {
  const JsonReader reader(table, where);
  PANNIER_TRY(reader.only({"target", "requirements", "notes", "pylock"}));
  LockedWheelhouse wheelhouse;
  PANNIER_ASSIGN(wheelhouse.target, reader.string("target"));
  if (Status named = check_ref_name(wheelhouse.target); !named.ok())
    return corrupt(where, named.error().message);
  PANNIER_ASSIGN(wheelhouse.requirements, read_strings(table, "requirements", where));
  PANNIER_ASSIGN(wheelhouse.notes, read_strings(table, "notes", where));
  PANNIER_ASSIGN(const JsonValue pylock, reader.object("pylock"));
  PANNIER_TRY(read_packages(pylock, where + ": " + wheelhouse.target, wheelhouse.wheels));
  if (wheelhouse.wheels.empty()) return corrupt(where, "a wheelhouse without wheels");
  for (size_t i = 1; i < wheelhouse.wheels.size(); ++i) {
    const LockedWheel& a = wheelhouse.wheels[i - 1];
    const LockedWheel& b = wheelhouse.wheels[i];
    if (std::tie(a.package, a.filename) >= std::tie(b.package, b.filename)) {
      return corrupt(where, for_message(b.filename) + " is out of order or there twice");
    }
    if (a.package == b.package && a.version != b.version) {
      return corrupt(where, for_message(a.package) + " is there in two versions");
    }
  }
  return wheelhouse;
}

// Sorted by `key` and no key twice.
template <class T, class Key>
Status check_sorted(const std::vector<T>& items, Key key, const std::string& where) {
  for (size_t i = 1; i < items.size(); ++i) {
    if (key(items[i - 1]) < key(items[i])) continue;
    return corrupt(where, "\"" + for_message(key(items[i])) + "\" is out of order or there twice");
  }
  return {};
}

// An optional list of tables.
Result<std::vector<JsonValue>> read_tables(JsonValue root, std::string_view key, const std::string& what) {
  std::vector<JsonValue> tables;
  if (!root[key]) return tables;
  PANNIER_ASSIGN(const JsonValue list, JsonReader(root, what).array(key));
  if (list.size() > limits::kModelsPerBundleMax) {
    return Error{ErrorKind::kLimit, fmt::format("{}: {} entries under \"{}\"", what, list.size(), key), ""};
  }
  for (const JsonValue value : list.elements()) {
    if (!value.is_object()) return corrupt(what, fmt::format("\"{}\" holds something else than tables", key));
    tables.push_back(value);
  }
  return tables;
}

}  // namespace

Result<LockFile> parse_lock_file(std::string_view toml, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, parse_toml(toml, what));
  const std::string name(what);
  const JsonValue root = document.root();
  const JsonReader reader(root, name);
  PANNIER_ASSIGN(const uint64_t version, reader.unsigned_integer("version", UINT32_MAX));
  if (version != kLockVersion) {
    return Error{ErrorKind::kUnsupported, fmt::format("{} is a lock of version {}", what, version),
                 "use the release of Pannier that wrote it, or make the lock again"};
  }
  PANNIER_TRY(reader.only({"version", "spec", "snapshot", "wheelhouse"}));
  LockFile lock;
  PANNIER_ASSIGN(const std::string spec, reader.string("spec"));
  auto digest = digest_from_oci(spec);
  if (!digest.ok()) return corrupt(name, "spec: " + digest.error().message);
  lock.spec = *digest;
  PANNIER_ASSIGN(const std::vector<JsonValue> snapshots, read_tables(root, "snapshot", name));
  for (const JsonValue table : snapshots) {
    PANNIER_ASSIGN(LockedSnapshot snapshot,
                   read_snapshot(table, fmt::format("{}: snapshot {}", what, lock.snapshots.size())));
    lock.snapshots.push_back(std::move(snapshot));
  }
  PANNIER_ASSIGN(const std::vector<JsonValue> wheelhouses, read_tables(root, "wheelhouse", name));
  for (const JsonValue table : wheelhouses) {
    PANNIER_ASSIGN(LockedWheelhouse wheelhouse,
                   read_wheelhouse(table, fmt::format("{}: wheelhouse {}", what, lock.wheelhouses.size())));
    lock.wheelhouses.push_back(std::move(wheelhouse));
  }
  PANNIER_TRY(check_sorted(lock.snapshots, [](const LockedSnapshot& s) { return s.name; }, name));
  PANNIER_TRY(check_sorted(lock.wheelhouses, [](const LockedWheelhouse& w) { return w.target; }, name));
  if (lock.snapshots.empty() && lock.wheelhouses.empty()) return corrupt(name, "it locks nothing");
  return lock;
}

}  // namespace pannier
