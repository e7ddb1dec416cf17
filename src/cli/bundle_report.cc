#include "cli/bundle_report.h"

#include <filesystem>
#include <system_error>

#include "base/bytes.h"
#include "cli/output.h"

namespace pannier {

std::string bundle_argument(const std::string& path) {
  std::error_code code;
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

void print_bundle_models(const std::vector<BundleModel>& models, bool files) {
  if (!files) {
    Table table;
    table.column("MODEL");
    table.column("FILES", Table::kRight);
    table.column("SIZE", Table::kRight);
    for (const BundleModel& model : models) {
      table.row({model.name, std::to_string(model.files.size()), human_bytes(model.total_bytes())});
    }
    table.print();
    return;
  }
  for (const BundleModel& model : models) {
    print_line(model.name + ": " + counted(model.files.size(), "file") + ", " +
               human_bytes(model.total_bytes()));
    print_model_files(model.files);
  }
}

void write_bundle_models(const std::vector<BundleModel>& models, JsonWriter& json) {
  json.key("models").begin_array();
  for (const BundleModel& model : models) {
    json.begin_object().member("name", model.name).member("manifest", model.manifest.digest.oci());
    write_model_files(model.files, json);
    json.end_object();
  }
  json.end_array();
}

}  // namespace pannier
