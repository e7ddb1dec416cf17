#include "cli/bundle_report.h"

#include <filesystem>
#include <system_error>

#include "base/bytes.h"
#include "cli/artifact_report.h"
#include "cli/output.h"

namespace pannier {
namespace {

ArtifactFacts facts_of(const BundleSummary& bundle, const BundleModel& model) {
  const auto facts = bundle.facts.find(model.name);
  return facts == bundle.facts.end() ? ArtifactFacts{} : facts->second;
}

}  // namespace

std::string bundle_argument(const std::string& path) {
  std::error_code code;
  if (!std::filesystem::is_symlink(path, code)) return path;  // messages then say what was typed
  const std::filesystem::path real = std::filesystem::canonical(path, code);
  return code ? path : real.string();  // what is wrong with it is told when it is opened
}

void print_model_files(const std::vector<ModelFile>& files) {
  Table table;
  table.column("FILE");
  table.column("SIZE", Table::kRight);
  table.column("SHA-256");
  for (const ModelFile& file : files) {
    table.row(
        {file.path + (file.executable ? " (executable)" : ""), human_bytes(file.bytes), file.digest.hex()});
  }
  table.print();
}

void write_model_files(const std::vector<ModelFile>& files, JsonWriter& json) {
  json.key("files").begin_array();
  for (const ModelFile& file : files) {
    json.begin_object().member("path", file.path).member("bytes", file.bytes);
    json.member("digest", file.digest.oci()).member("executable", file.executable).end_object();
  }
  json.end_array();
}

void print_bundle_models(const BundleSummary& bundle, bool files) {
  if (!files) {
    Table table;
    table.column("NAME");
    table.column("KIND");
    table.column("FILES", Table::kRight);
    table.column("SIZE", Table::kRight);
    table.column("UPSTREAM");
    for (const BundleModel& model : bundle.models) {
      const ArtifactFacts facts = facts_of(bundle, model);
      table.row({model.name, kind_for_people(model.kind), std::to_string(model.files.size()),
                 human_bytes(model.total_bytes()), origin_for_table(facts.upstream, facts.wheelhouse)});
    }
    table.print();
    return;
  }
  for (const BundleModel& model : bundle.models) {
    const ArtifactFacts facts = facts_of(bundle, model);
    print_line(model.name + " (" + kind_for_people(model.kind) + "): " + counted(model.files.size(), "file") +
               ", " + human_bytes(model.total_bytes()));
    print_facts(facts.upstream, facts.wheelhouse);
    print_wheels({model.name, model.files, model.kind});
    print_model_files(model.files);
  }
}

void write_bundle_models(const BundleSummary& bundle, JsonWriter& json) {
  json.key("models").begin_array();
  for (const BundleModel& model : bundle.models) {
    const ArtifactFacts facts = facts_of(bundle, model);
    json.begin_object().member("name", model.name).member("manifest", model.manifest.digest.oci());
    write_facts(model.kind, facts.upstream, facts.wheelhouse, json);
    write_wheels({model.name, model.files, model.kind}, json);
    write_model_files(model.files, json);
    json.end_object();
  }
  json.end_array();
}

}  // namespace pannier
