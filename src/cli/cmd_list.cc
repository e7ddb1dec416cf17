// list: what the stores hold.
#include <cstdio>
#include <ctime>
#include <optional>

#include "base/bytes.h"
#include "base/display.h"
#include "carry/store/history.h"
#include "cli/args.h"
#include "cli/artifact_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

constexpr size_t kChangesShownMax = 3;
constexpr uint64_t kGenerationsShownMax = 1'000;

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

// ---- --generations ----

// "2026-11-24 16:05", by the clock of this machine; UTC.
std::string time_for_table(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  if (::gmtime_r(&time, &parts) == nullptr) return "";
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                parts.tm_mday, parts.tm_hour, parts.tm_min);
  return text;
}

const char* change_name(const ChangedReference& change) {
  if (!change.before) return "added";
  return change.after ? "replaced" : "removed";
}

std::string changes_for_table(const GenerationRecord& record) {
  if (record.is_damaged) return "(damaged: see fsck)";
  std::string text;
  for (size_t i = 0; i < record.changes.size(); ++i) {
    if (i == kChangesShownMax) return text + ", … " + std::to_string(record.changes.size() - i) + " more";
    text += (i == 0 ? "" : ", ") + std::string(change_name(record.changes[i])) + " " + record.changes[i].name;
  }
  return text;
}

void write_generation(const GenerationRecord& record, const std::string& place, JsonWriter& json) {
  json.begin_object().member("generation", record.number).member("store", for_display(place));
  json.member("made", time_for_table(record.made_seconds)).member("damaged", record.is_damaged);
  json.member("names", record.reference_count).key("changes").begin_array();
  for (const ChangedReference& change : record.changes) {
    json.begin_object().member("name", change.name).member("change", change_name(change));
    if (change.before) json.member("before", change.before->manifest_digest.oci());
    if (change.after) json.member("after", change.after->manifest_digest.oci());
    json.end_object();
  }
  json.end_array().end_object();
}

Result<int> list_generations(const Args& args, const std::vector<std::string>& places) {
  Table table;
  table.column("GENERATION", Table::kRight);
  table.column("MADE (UTC)");
  table.column("NAMES", Table::kRight);
  table.column("CHANGES");
  table.column("STORE");
  JsonWriter json = json_result();
  json.begin_array();
  for (const std::string& place : places) {
    PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), place));
    PANNIER_ASSIGN(const std::vector<GenerationRecord> records,
                   generation_history(real_file_system(), *store, kGenerationsShownMax));
    for (const GenerationRecord& record : records) {
      table.row({std::to_string(record.number), time_for_table(record.made_seconds),
                 std::to_string(record.reference_count), changes_for_table(record), place});
      write_generation(record, place, json);
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

Result<int> run_list(Args& args, std::span<const std::string> words) {
  std::string option;
  bool generations = false;
  args.flag("--generations", generations, "the lists that are kept and what each changed, newest first");
  args.option("--store", "FOLDER", option, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const std::vector<std::string> places, stores_to_read(option));
  if (generations) return list_generations(args, places);
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
    "list\nlist --generations\nlist --store /srv/models --json",
    "corrupt, not found, I/O",
    &run_list,
};

}  // namespace pannier
