// Writing pannier.lock in its one form: see lock_file.h. Reading: lock_file_parse.cc.
#include "format/lock_file.h"

#include <fmt/core.h>

#include "format/toml.h"

namespace pannier {
namespace {

void line(std::string& out, std::string_view key, std::string_view value) {
  out += fmt::format("{} = {}\n", key, toml_string(value));
}

void list(std::string& out, std::string_view key, const std::vector<std::string>& values) {
  out += fmt::format("{} = [", key);
  for (size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ", ") + toml_string(values[i]);
  out += "]\n";
}

void write_file(std::string& out, const LockedFile& file) {
  out += fmt::format("  {{ path = {}, bytes = {}, ", toml_string(file.path), file.bytes);
  out += file.sha256 ? fmt::format("sha256 = \"{}\"", file.sha256->hex())
                     : fmt::format("git = \"{}\"", file.git->hex());
  out += file.executable ? ", executable = true },\n" : " },\n";
}

void write_snapshot(std::string& out, const LockedSnapshot& snapshot) {
  out += "\n[[snapshot]]\n";
  line(out, "ref", snapshot.ref);
  line(out, "kind", snapshot.kind);
  line(out, "source", snapshot.source);
  line(out, "name", snapshot.name);
  list(out, "aliases", snapshot.aliases);
  line(out, "repo", snapshot.repo);
  line(out, "revision", snapshot.revision);
  line(out, "commit", snapshot.commit);
  line(out, "licence", snapshot.licence);
  line(out, "gated", snapshot.gated);
  list(out, "needed-by", snapshot.needed_by);
  out += "files = [\n";
  for (const LockedFile& file : snapshot.files) write_file(out, file);
  out += "]\n";
}

// The tables of PEP 751; `prefix` goes before each table's name.
void write_packages(std::string& out, const std::vector<LockedWheel>& wheels, const std::string& prefix) {
  const LockedWheel* before = nullptr;
  for (const LockedWheel& wheel : wheels) {
    if (before == nullptr || before->package != wheel.package || before->version != wheel.version) {
      out += fmt::format("\n[[{}packages]]\n", prefix);
      line(out, "name", wheel.package);
      line(out, "version", wheel.version);
    }
    before = &wheel;
    out += fmt::format("\n[[{}packages.wheels]]\n", prefix);
    line(out, "name", wheel.filename);
    if (wheel.url.empty()) {
      line(out, "path", wheel.filename);  // beside the lock: how a wheelhouse is exported
    } else {
      line(out, "url", wheel.url);
    }
    out += fmt::format("size = {}\nhashes = {{ sha256 = \"{}\" }}\n", wheel.bytes, wheel.sha256.hex());
  }
}

constexpr std::string_view kPylockHead = "lock-version = \"1.0\"\ncreated-by = \"pannier\"\n";

}  // namespace

std::string write_lock_file(const LockFile& lock) {
  std::string out =
      "# Written by `pannier lock`. Keep it under version control; do not edit it.\n"
      "version = 1\n";
  line(out, "spec", lock.spec.oci());
  for (const LockedSnapshot& snapshot : lock.snapshots) write_snapshot(out, snapshot);
  for (const LockedWheelhouse& wheelhouse : lock.wheelhouses) {
    out += "\n[[wheelhouse]]\n";
    line(out, "target", wheelhouse.target);
    list(out, "requirements", wheelhouse.requirements);
    list(out, "notes", wheelhouse.notes);
    out += "\n[wheelhouse.pylock]\n";
    out += kPylockHead;
    write_packages(out, wheelhouse.wheels, "wheelhouse.pylock.");
  }
  return out;
}

std::string write_pylock(const LockedWheelhouse& wheelhouse) {
  std::string out = fmt::format("# The wheels for {}.\n", wheelhouse.target);
  out += kPylockHead;
  write_packages(out, wheelhouse.wheels, "");
  return out;
}

}  // namespace pannier
