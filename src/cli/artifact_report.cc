#include "cli/artifact_report.h"

#include "base/bytes.h"
#include "base/display.h"
#include "carry/isolated/wheelhouse.h"
#include "cli/output.h"

namespace pannier {
namespace {

constexpr size_t kShortCommitCharacters = 7;

std::string listed(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

void print_fact(const char* what, const std::string& text) {
  constexpr size_t kWidth = 14;
  if (text.empty()) return;
  const std::string name = what;
  print_line(name + std::string(kWidth - name.size(), ' ') + for_display(text));
}

void write_text(JsonWriter& json, const char* name, const std::string& text) {
  if (!text.empty()) json.member(name, text);
}

void write_texts(JsonWriter& json, const char* name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  json.key(name).begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

}  // namespace

std::string kind_for_people(ArtifactKind kind) {
  return kind == ArtifactKind::kDataset ? "data set" : std::string(artifact_kind_name(kind));
}

std::string origin_for_table(const Upstream& upstream, const WheelhouseInfo& wheelhouse) {
  if (!wheelhouse.target.empty()) return wheelhouse.target;
  if (upstream.repo.empty()) return upstream.source;
  if (upstream.commit.empty()) return upstream.repo;
  return upstream.repo + "@" + upstream.commit.substr(0, kShortCommitCharacters);
}

void print_facts(const Upstream& upstream, const WheelhouseInfo& wheelhouse) {
  std::string origin = upstream.repo;
  if (!upstream.revision.empty()) origin += ", " + upstream.revision;
  if (!upstream.commit.empty()) origin += ", commit " + upstream.commit;
  print_fact("upstream", origin);
  print_fact("source", upstream.source);
  print_fact("licence", upstream.licence);
  print_fact("also called", listed(upstream.aliases));
  print_fact("target", wheelhouse.target);
  print_fact("asked for", listed(wheelhouse.requirements));
}

void write_facts(ArtifactKind kind, const Upstream& upstream, const WheelhouseInfo& wheelhouse,
                 JsonWriter& json) {
  json.member("kind", artifact_kind_name(kind));
  if (!upstream.empty()) {
    json.key("upstream").begin_object();
    write_text(json, "repo", upstream.repo);
    write_text(json, "commit", upstream.commit);
    write_text(json, "revision", upstream.revision);
    write_text(json, "licence", upstream.licence);
    write_text(json, "source", upstream.source);
    write_texts(json, "aliases", upstream.aliases);
    json.end_object();
  }
  if (!wheelhouse.target.empty()) {
    json.key("wheelhouse").begin_object().member("target", wheelhouse.target);
    write_texts(json, "requirements", wheelhouse.requirements);
    json.end_object();
  }
}

void print_wheels(const ModelManifest& manifest) {
  const auto wheels = wheels_of(manifest);
  if (!wheels.ok() || wheels->empty()) return;
  Table table;
  table.column("PACKAGE");
  table.column("VERSION");
  table.column("TAGS");
  table.column("SIZE", Table::kRight);
  for (const Wheel& wheel : *wheels) {
    table.row(
        {wheel.name.name, wheel.name.version.text(), wheel_tags(wheel.name), human_bytes(wheel.file.bytes)});
  }
  table.print();
}

void write_wheels(const ModelManifest& manifest, JsonWriter& json) {
  const auto wheels = wheels_of(manifest);
  if (!wheels.ok() || wheels->empty()) return;
  json.key("wheels").begin_array();
  for (const Wheel& wheel : *wheels) {
    json.begin_object().member("name", wheel.name.name).member("version", wheel.name.version.text());
    json.member("tags", wheel_tags(wheel.name)).member("file", wheel.file.path).end_object();
  }
  json.end_array();
}

}  // namespace pannier
