// list: the models of the stores.
#include "base/bytes.h"
#include "base/display.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct ListedModel {
  std::string store;
  Reference reference;
  uint64_t file_count = 0;
  uint64_t bytes = 0;
};

Result<std::vector<ListedModel>> list_store(const std::string& place) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), place));
  PANNIER_ASSIGN(const ImageIndex index, store->references());
  std::vector<ListedModel> models;
  for (const Reference& reference : index.references) {
    PANNIER_ASSIGN(const ModelManifest manifest, store->manifest(reference));
    models.push_back({place, reference, manifest.files.size(), total_bytes(manifest.files)});
  }
  return models;
}

Result<int> run_list(Args& args, std::span<const std::string> words) {
  std::string option;
  args.option("--store", "FOLDER", option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(option));
  Table table;
  table.column("MODEL");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("MANIFEST");
  table.column("STORE");
  JsonWriter json = json_result();
  json.begin_array();
  for (const std::string& place : places) {
    PANNIER_ASSIGN(const std::vector<ListedModel> models, list_store(place));
    for (const ListedModel& model : models) {
      const Digest& digest = model.reference.manifest_digest;
      table.row({model.reference.name, std::to_string(model.file_count), human_bytes(model.bytes),
                 digest.hex().substr(0, 12), place});
      json.begin_object().member("name", model.reference.name).member("store", for_display(place));
      json.member("manifest", digest.oci()).member("files", model.file_count).member("bytes", model.bytes);
      json.end_object();
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
    "the models of the store",
    "list\nlist --store /srv/models --json",
    "corrupt, not found, I/O",
    &run_list,
};

}  // namespace pannier
