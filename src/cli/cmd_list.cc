// list: what the stores hold.
#include <optional>

#include "base/bytes.h"
#include "base/display.h"
#include "cli/args.h"
#include "cli/artifact_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct ListedModel {
  Reference reference;
  // Absent where this release does not know the kind, which a newer one may have put there.
  std::optional<ArtifactKind> kind = std::nullopt;
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  Upstream upstream = {};
  WheelhouseInfo wheelhouse = {};
};

Result<std::vector<ListedModel>> list_store(const std::string& place) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), place));
  PANNIER_ASSIGN(const ImageIndex index, store->references());
  std::vector<ListedModel> models;
  for (const Reference& reference : index.references) {
    models.push_back({reference});
    const auto manifest = store->manifest(reference);
    if (!manifest.ok()) {
      if (manifest.error().kind == ErrorKind::kUnsupported) continue;
      return manifest.error();
    }
    ListedModel& model = models.back();
    model.kind = manifest->kind;
    model.file_count = manifest->files.size();
    model.bytes = total_bytes(manifest->files);
    model.upstream = manifest->upstream;
    model.wheelhouse = manifest->wheelhouse;
  }
  return models;
}

void add_row(const ListedModel& model, const std::string& place, Table& table) {
  const std::string digest = model.reference.manifest_digest.hex().substr(0, 12);
  if (!model.kind) {
    table.row({model.reference.name, "unknown", "", "", "", digest, place});
    return;
  }
  table.row({model.reference.name, kind_for_people(*model.kind), std::to_string(model.file_count),
             human_bytes(model.bytes), origin_for_table(model.upstream, model.wheelhouse), digest, place});
}

void write_entry(const ListedModel& model, const std::string& place, JsonWriter& json) {
  json.begin_object().member("name", model.reference.name).member("store", for_display(place));
  json.member("manifest", model.reference.manifest_digest.oci());
  if (model.kind) {
    json.member("files", model.file_count).member("bytes", model.bytes);
    write_facts(*model.kind, model.upstream, model.wheelhouse, json);
  } else {
    json.member("kind", "unknown").member("artifact_type", model.reference.artifact_type);
  }
  json.end_object();
}

Result<int> run_list(Args& args, std::span<const std::string> words) {
  std::string option;
  args.option("--store", "FOLDER", option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(option));
  Table table;
  table.column("NAME");
  table.column("KIND");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("UPSTREAM");
  table.column("MANIFEST");
  table.column("STORE");
  JsonWriter json = json_result();
  json.begin_array();
  for (const std::string& place : places) {
    PANNIER_ASSIGN(const std::vector<ListedModel> models, list_store(place));
    for (const ListedModel& model : models) {
      add_row(model, place, table);
      write_entry(model, place, json);
    }
  }
  json.end_array();
  if (args.json()) {
    print_json(json);
  } else {
    table.print();
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdList;
const Command kCmdList = {
    "list",
    "Isolated side",
    "the models, data sets and wheelhouses of the store",
    "list\nlist --store /srv/models --json",
    "corrupt, not found, I/O",
    &run_list,
};

}  // namespace pannier
