#include "cli/export_report.h"

#include "base/absolute_path.h"
#include "base/display.h"
#include "base/environment.h"
#include "base/log.h"
#include "carry/isolated/re_export.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"

namespace pannier {
namespace {

std::string joined(const std::vector<std::string>& names, const char* remark) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name + remark;
  return text;
}

}  // namespace

std::string whole_path(const std::string& path) {
  std::string text = absolute_path(path);
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

void remember_export(ExportRecord record) {
  record.folder = whole_path(record.folder);
  record.store = whole_path(record.store);
  const Status kept = keep_export_record(real_file_system(), process_environment(), record);
  if (!kept.ok()) log_warning("this export will not be known as stale later: " + kept.error().message);
}

Result<std::vector<StaleExport>> stale_exports_of(const std::string& store_root) {
  const std::string root = whole_path(store_root);
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), root));
  PANNIER_ASSIGN(const ImageIndex now, store->references());
  PANNIER_ASSIGN(const std::vector<ExportRecord> records,
                 export_records(real_file_system(), process_environment(), root));
  return stale_exports(real_file_system(), records, now);
}

void print_stale(const std::vector<StaleExport>& stale, bool with_hint) {
  if (stale.empty()) return;
  Table table;
  table.column("STALE EXPORT");
  table.column("KIND");
  table.column("SHOWS OTHER VERSIONS OF");
  for (const StaleExport& each : stale) {
    std::string what = joined(each.changed, "");
    if (!each.removed.empty()) what += (what.empty() ? "" : ", ") + joined(each.removed, " (removed)");
    table.row({each.record.folder, export_kind_name(each.record.kind),
               each.is_gone ? "(the folder is gone)" : what});
  }
  print_line("");
  table.print();
  if (with_hint) print_line("`" + program_name() + " export --re-export` brings them up to date.");
}

void write_stale(const std::vector<StaleExport>& stale, JsonWriter& json) {
  json.key("stale_exports").begin_array();
  for (const StaleExport& each : stale) {
    json.begin_object().member("folder", for_display(each.record.folder));
    json.member("kind", export_kind_name(each.record.kind)).member("gone", each.is_gone);
    json.key("changed").begin_array();
    for (const std::string& name : each.changed) json.string(name);
    json.end_array().key("removed").begin_array();
    for (const std::string& name : each.removed) json.string(name);
    json.end_array().end_object();
  }
  json.end_array();
}

Status re_export(const std::string& store_root, const std::vector<StaleExport>& stale) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(real_file_system(), whole_path(store_root)));
  Status first;
  for (const StaleExport& each : stale) {
    Progress progress("exporting " + for_display(each.record.folder));
    const Status done =
        export_again(real_file_system(), process_environment(), *store, each, progress.transfer());
    progress.finish();
    if (done.ok()) continue;
    if (done.error().kind == ErrorKind::kInterrupted) return done;
    log_warning(done.error().to_string());
    if (first.ok()) first = done;
  }
  return first;
}

}  // namespace pannier
