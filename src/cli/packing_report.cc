#include "cli/packing_report.h"

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/display.h"
#include "cli/output.h"
#include "cli/store_event.h"

namespace pannier {
namespace {

std::string percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string how_it_crosses(const PackedModel& model) {
  if (model.held_count == 0 && model.delta_count == 0) return "whole";
  std::string text;
  if (model.held_count > 0) text = counted(model.held_count, "file") + " held";
  if (model.delta_count > 0) text += (text.empty() ? "" : ", ") + counted(model.delta_count, "delta");
  return text;
}

std::string signed_by(const PackBundleOptions& options) {
  std::string text =
      options.claim.keys.empty() ? "not signed" : counted(options.claim.keys.size(), "signature");
  if (!options.claim.channel.empty()) {
    text += fmt::format(", {} number {}", options.claim.channel, options.claim.sequence);
  }
  return text;
}

}  // namespace

void print_packed(const PackedBundle& bundle, const PackBundleOptions& options) {
  Table table;
  table.column("NAME");
  table.column("KIND");
  table.column("FILES", Table::kRight);
  table.column("SIZE", Table::kRight);
  table.column("IN BUNDLE", Table::kRight);
  table.column("RATIO", Table::kRight);
  table.column("CROSSES");
  table.column("FROM");
  for (const PackedModel& model : bundle.models) {
    table.row({model.name, std::string(artifact_kind_name(model.kind)), std::to_string(model.file_count),
               human_bytes(model.bytes), human_bytes(model.bundle_bytes),
               percent(model.bundle_bytes, model.bytes), how_it_crosses(model),
               model.folder.empty() ? "store" : model.folder});
  }
  table.print();
  print_line("");
  print_line((options.dry_run ? "would write at most " : "wrote ") + options.output + ": " +
             human_bytes(bundle.bundle_bytes) + " in " + counted(bundle.block_count, "block") + " (" +
             percent(bundle.bundle_bytes, bundle.bytes) + " of " + human_bytes(bundle.bytes) + "), " +
             signed_by(options));
  if (bundle.files.size() > 1) {
    for (const std::string& file : bundle.files) print_line("  " + for_display(file));
  }
  if (options.read_back && !options.dry_run) {
    print_line("read back from the medium, every byte the same: it may be taken out");
  }
  print_line("payload sha256:" + bundle.payload_digest.hex());
}

void write_packed(JsonWriter& json, const PackedBundle& bundle, const PackBundleOptions& options) {
  json.member("bundle", for_display(options.output)).member("bytes", bundle.bundle_bytes);
  json.member("raw_bytes", bundle.bytes).member("blocks", bundle.block_count);
  json.member("layout", bundle_layout_name(bundle.layout));
  json.member("payload_digest", bundle.payload_digest.oci());
  if (!options.dry_run) json.member("statement_digest", bundle.statement_digest.oci());
  json.member("signatures", uint64_t{options.claim.keys.size()});
  if (!options.claim.channel.empty()) {
    json.member("channel", options.claim.channel).member("sequence", options.claim.sequence);
  }
  json.key("files").begin_array();
  for (const std::string& file : bundle.files) json.string(for_display(file));
  json.end_array().key("models").begin_array();
  for (const PackedModel& model : bundle.models) {
    json.begin_object().member("name", model.name).member("kind", artifact_kind_name(model.kind));
    json.member("folder", for_display(model.folder));
    json.member("files", model.file_count).member("bytes", model.bytes);
    json.member("bundle_bytes", model.bundle_bytes).member("held_files", model.held_count);
    json.member("held_bytes", model.held_bytes).member("delta_files", model.delta_count).end_object();
  }
  json.end_array();
}

void record_packed_in_log(const std::string& action, const std::string& store_root,
                          const PackBundleOptions& options, const Result<PackedBundle>& packed) {
  if (options.dry_run) return;
  AuditEvent event;
  event.action = action;
  event.medium = options.output;
  if (packed.ok()) {
    for (const PackedModel& model : packed->models) event.refs.push_back(model.name);
    event.digests = {"payload " + packed->payload_digest.oci(),
                     "statement " + packed->statement_digest.oci()};
  }
  for (const P256PrivateKey* key : options.claim.keys)
    event.signers.push_back(key_id(key->public_key()).hex());
  record_event_or_warn(store_root, std::move(event), packed.ok() ? Status() : packed.error());
}

}  // namespace pannier
