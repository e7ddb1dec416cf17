// compare: what would change from one bundle, receipt, name or folder to another; what a delta would hold.
#include <algorithm>
#include <iterator>
#include <memory>

#include "base/bytes.h"
#include "base/display.h"
#include "base/log.h"
#include "carry/isolated/comparison.h"
#include "carry/isolated/delta_size.h"
#include "carry/packing/read_receipts.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

struct CompareOptions {
  std::vector<std::string> sides;
  std::vector<std::string> receipts;
  std::string store;
  bool exact = false;
  bool all = false;
};

// A path that is there, else a name of a store.
Result<ComparedSide> open_side(const std::string& word, const std::string& store, const Transfer& transfer) {
  FileSystem& fs = real_file_system();
  if (const std::string path = bundle_argument(word); fs.stat(path).ok())
    return read_side(fs, path, transfer);
  PANNIER_ASSIGN(const FoundModel found, find_model(fs, store, word));
  return side_of_reference(*found.store, found.reference);
}

void write_sum(std::string_view key, const ChangeSum& sum, JsonWriter& json) {
  json.key(key).begin_object().member("files", sum.count).member("bytes", sum.bytes).end_object();
}

void print_comparison_json(const ComparedSide& before, const ComparedSide& after,
                           const Comparison& comparison) {
  JsonWriter json = json_result();
  json.begin_object().member("before", for_display(before.what)).member("after", for_display(after.what));
  json.member("same", comparison.is_same()).key("sums").begin_object();
  write_sum("same", comparison.same, json);
  write_sum("added", comparison.added, json);
  write_sum("changed", comparison.changed, json);
  write_sum("removed", comparison.removed, json);
  json.end_object().key("files").begin_array();
  for (const ComparedFile& file : comparison.files) {
    json.begin_object().member("model", file.model).member("path", for_display(file.path));
    json.member("change", file_change_name(file.change)).member("bytes_before", file.bytes_before);
    json.member("bytes_after", file.bytes_after).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

std::string sum_for_people(const ChangeSum& sum, const char* word) {
  return std::to_string(sum.count) + " " + word + " (" + human_bytes(sum.bytes) + ")";
}

void print_comparison(const ComparedSide& before, const ComparedSide& after, const Comparison& comparison,
                      bool all) {
  Table table;
  table.column("MODEL");
  table.column("PATH");
  table.column("CHANGE");
  table.column("BEFORE", Table::kRight);
  table.column("AFTER", Table::kRight);
  bool has_rows = false;
  for (const ComparedFile& file : comparison.files) {
    if (file.change == FileChange::kSame && !all) continue;
    has_rows = true;
    table.row({file.model, file.path, file_change_name(file.change),
               file.change == FileChange::kAdded ? "" : human_bytes(file.bytes_before),
               file.change == FileChange::kRemoved ? "" : human_bytes(file.bytes_after)});
  }
  if (has_rows) {
    table.print();
    print_line("");
  }
  print_line("from " + for_display(before.what) + " to " + for_display(after.what) + ": " +
             sum_for_people(comparison.added, "added") + ", " +
             sum_for_people(comparison.changed, "changed") + ", " +
             sum_for_people(comparison.removed, "removed") + ", " +
             sum_for_people(comparison.same, "the same"));
}

Result<int> compare_two(const Args& args, const CompareOptions& options) {
  if (options.sides.size() != 2) {
    return args.usage_error("two sides are compared, " + std::to_string(options.sides.size()) + " are given",
                            "compare A B; or compare A… --with RECEIPT for what a delta would hold");
  }
  if (options.exact) return args.usage_error("--exact measures a delta: it goes with --with RECEIPT");
  Progress progress("hashing");
  PANNIER_ASSIGN(const ComparedSide before, open_side(options.sides[0], options.store, progress.transfer()));
  PANNIER_ASSIGN(const ComparedSide after, open_side(options.sides[1], options.store, progress.transfer()));
  progress.finish();
  const Comparison comparison = compare_sides(before, after);
  if (args.json()) {
    print_comparison_json(before, after, comparison);
  } else {
    print_comparison(before, after, comparison, options.all);
  }
  return comparison.is_same() ? kExitOk : kExitNo;
}

// Everything that is to be packed, as one side.
Result<ComparedSide> open_all(const CompareOptions& options, const Transfer& transfer) {
  ComparedSide all;
  for (const std::string& word : options.sides) {
    PANNIER_ASSIGN(ComparedSide side, open_side(word, options.store, transfer));
    if (side.receipt) {
      return Error{ErrorKind::kInvalid, for_display(side.what) + " holds no contents that could be packed",
                   "give bundles, folders or names of the store before --with"};
    }
    std::move(side.models.begin(), side.models.end(), std::back_inserter(all.models));
    all.places.merge(side.places);
  }
  return all;
}

const char* way_name(DeltaFile::Way way) {
  switch (way) {
    case DeltaFile::Way::kHeld:
      return "held";
    case DeltaFile::Way::kDelta:
      return "delta";
    case DeltaFile::Way::kWhole:
      return "whole";
  }
  return "";
}

void print_plan(const DeltaPlan& plan, const DeltaSize& size, bool all) {
  Table table;
  table.column("MODEL");
  table.column("PATH");
  table.column("SIZE", Table::kRight);
  table.column("CROSSES");
  table.column(size.is_exact ? "AS" : "AT MOST", Table::kRight);
  table.column("BUILDS ON");
  for (size_t i = 0; i < plan.files.size(); ++i) {
    const DeltaFile& file = plan.files[i];
    if (file.way == DeltaFile::Way::kHeld && !all) continue;
    table.row({file.model, file.path, human_bytes(file.bytes), way_name(file.way),
               human_bytes(size.bytes_of_files[i]), file.base});
  }
  table.print();
  print_line("");
  print_line(human_bytes(plan.held_bytes) + " are held over there; " + human_bytes(plan.delta_bytes) +
             " would cross as a difference, " + human_bytes(plan.whole_bytes) + " whole");
  if (plan.without_base_bytes > 0) {
    print_line(human_bytes(plan.without_base_bytes) +
               " cross whole since what they could build on is not in this store (as " +
               for_display(plan.without_base_example) + ")");
  }
  print_line(std::string("contents of the bundle: ") + (size.is_exact ? "" : "at most ") +
             human_bytes(size.bytes) + " (" + std::to_string(size.bytes) + " bytes)" +
             (size.is_exact ? "" : "; --exact encodes and measures"));
}

void print_plan_json(const DeltaPlan& plan, const DeltaSize& size) {
  JsonWriter json = json_result();
  json.begin_object().member("bytes", size.bytes).member("exact", size.is_exact);
  json.member("held_bytes", plan.held_bytes).member("delta_bytes", plan.delta_bytes);
  json.member("whole_bytes", plan.whole_bytes).member("without_base_bytes", plan.without_base_bytes);
  json.key("files").begin_array();
  for (size_t i = 0; i < plan.files.size(); ++i) {
    const DeltaFile& file = plan.files[i];
    json.begin_object().member("model", file.model).member("path", for_display(file.path));
    json.member("bytes", file.bytes).member("way", way_name(file.way));
    json.member("crosses", size.bytes_of_files[i]).member("base", for_display(file.base)).end_object();
  }
  json.end_array().end_object();
  print_json(json);
}

Result<int> compare_with_receipts(const Args& args, const CompareOptions& options) {
  FileSystem& fs = real_file_system();
  std::unique_ptr<Store> store;
  if (const auto places = stores_to_read(options.store); places.ok()) {
    PANNIER_ASSIGN(store, Store::open(fs, places->front()));
  }
  PANNIER_ASSIGN(const std::vector<ReadReceipt> read, read_receipts(fs, options.receipts, {}));
  std::vector<SignedReceipt> receipts;
  receipts.reserve(read.size());
  for (const ReadReceipt& receipt : read) receipts.push_back(receipt.signed_receipt);
  Progress progress(options.exact ? "encoding" : "hashing");
  PANNIER_ASSIGN(const ComparedSide all, open_all(options, progress.transfer()));
  PANNIER_ASSIGN(const DeltaPlan plan, plan_delta(fs, store.get(), held_by_all(receipts), all.models));
  PANNIER_ASSIGN(const DeltaSize size,
                 measure_delta(fs, plan, all.places, options.exact, progress.transfer()));
  progress.finish();
  if (args.json()) {
    print_plan_json(plan, size);
  } else {
    print_plan(plan, size, options.all);
  }
  return kExitOk;
}

Result<int> run_compare(Args& args, std::span<const std::string> words) {
  CompareOptions options;
  args.positionals("A B", options.sides, "each a bundle, a receipt, a folder, or a name of the store", true);
  args.option("--with", "RECEIPT", options.receipts,
              "what a delta against this receipt would hold (may be repeated: what all of them list)");
  args.flag("--exact", options.exact, "with --with: encode, and tell the very size");
  args.flag("--all", options.all, "list what is the same, or held, too");
  args.option("--store", "FOLDER", options.store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  return options.receipts.empty() ? compare_two(args, options) : compare_with_receipts(args, options);
}

}  // namespace

extern const Command kCmdCompare;
const Command kCmdCompare = {
    "compare",
    "Either side",
    "what would change from one bundle, receipt, name or folder to another",
    "compare old.pannier new.pannier\n"
    "compare plant-7.receipt new.pannier          # what is new over there\n"
    "compare sst2-tiny ./sst2-tiny-edited\n"
    "compare sst2-tiny@v2 --with plant-7.receipt --exact   # what a delta would hold, and its size",
    "no, corrupt, incomplete, not found, unsupported, limit, I/O, interrupted",
    &run_compare,
};

}  // namespace pannier
