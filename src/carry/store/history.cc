// Going back is a change like any other: worked out from one generation, committed as the next.
#include "carry/store/history.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "carry/store/store_layout.h"

namespace pannier {
namespace {

using Entry = std::optional<Reference>;

Entry entry_of(const ImageIndex& index, const std::string& name) {
  for (const Reference& reference : index.references) {
    if (reference.name == name) return reference;
  }
  return std::nullopt;
}

std::string plural(uint64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// An earlier state of the store, and how it was found.
struct Past {
  uint64_t generation = 0;
  ImageIndex index;
};

class Rollback {
 public:
  Rollback(const Store& store, const RollbackRequest& request) : store_(store), request_(request) {}

  Result<RollbackResult> run() {
    PANNIER_ASSIGN(numbers_, store_.generations());
    PANNIER_ASSIGN(now_, store_.references());
    const auto end = std::upper_bound(numbers_.begin(), numbers_.end(), now_.generation);
    numbers_.erase(end, numbers_.end());  // newer than what we read
    PANNIER_ASSIGN(const Past past, find_past());
    RollbackResult result;
    result.restored = past.generation;
    result.generation = now_.generation;
    for (ChangedReference& change : differences(now_, past.index)) {
      if (request_.name.empty() || change.name == request_.name) result.changes.push_back(std::move(change));
    }
    if (request_.dry_run || result.changes.empty()) return result;
    PANNIER_ASSIGN(result.generation, commit(result.changes));
    return result;
  }

 private:
  Result<Past> find_past() const {
    if (request_.generation) return past_of(*request_.generation);
    return request_.name.empty() ? generations_back() : changes_back();
  }

  Result<Past> past_of(uint64_t number) const {
    auto index = store_.generation(number);
    if (index.ok()) return Past{number, std::move(*index)};
    if (index.error().kind != ErrorKind::kNotFound) return std::move(index).error();
    return Error{ErrorKind::kNotFound, fmt::format("generation {} is not kept", number),
                 "`list --generations` shows which are"};
  }

  Result<Past> generations_back() const {
    if (request_.steps < numbers_.size()) return past_of(numbers_[numbers_.size() - 1 - request_.steps]);
    return Error{ErrorKind::kNotFound,
                 fmt::format("there is no generation {} before the newest: {} kept", request_.steps,
                             plural(numbers_.size(), "generation") + (numbers_.size() == 1 ? " is" : " are")),
                 "`list --generations` shows them"};
  }

  // The newest generation in which the name meant what it did so many changes ago.
  Result<Past> changes_back() const {
    Entry last = entry_of(now_, request_.name);
    bool was_seen = last.has_value();
    uint64_t changes = 0;
    for (auto number = numbers_.rbegin(); number != numbers_.rend(); ++number) {
      PANNIER_ASSIGN(Past past, past_of(*number));
      Entry entry = entry_of(past.index, request_.name);
      was_seen |= entry.has_value();
      if (entry != last && ++changes == request_.steps) return past;
      last = std::move(entry);
    }
    if (!was_seen) {
      return Error{ErrorKind::kNotFound, fmt::format("no kept generation names \"{}\"", request_.name),
                   "`list` shows names"};
    }
    return Error{ErrorKind::kNotFound,
                 fmt::format("\"{}\" has changed {} in the generations that are kept, not {}", request_.name,
                             changes == 1 ? "once" : fmt::format("{} times", changes), request_.steps),
                 "`list --generations` shows what changed"};
  }

  Result<uint64_t> commit(const std::vector<ChangedReference>& changes) const {
    PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, store_.begin());
    StoreChange change;
    change.only_on_generation = now_.generation;
    for (const ChangedReference& changed : changes) {
      if (changed.after) {
        change.references.push_back(*changed.after);
      } else {
        change.removed.push_back(changed.name);
      }
    }
    return writer->commit(change);
  }

  const Store& store_;
  const RollbackRequest& request_;
  std::vector<uint64_t> numbers_;  // up to the newest, ascending
  ImageIndex now_;
};

}  // namespace

std::vector<ChangedReference> differences(const ImageIndex& before, const ImageIndex& after) {
  std::map<std::string, ChangedReference> by_name;
  for (const Reference& reference : before.references) {
    by_name[reference.name].before = reference;
  }
  for (const Reference& reference : after.references) by_name[reference.name].after = reference;
  std::vector<ChangedReference> changes;
  for (auto& [name, change] : by_name) {
    if (change.before == change.after) continue;
    change.name = name;
    changes.push_back(std::move(change));
  }
  return changes;
}

Result<std::vector<GenerationRecord>> generation_history(FileSystem& fs, const Store& store,
                                                         uint64_t count_max) {
  PANNIER_ASSIGN(const std::vector<uint64_t> numbers, store.generations());
  std::vector<GenerationRecord> records;
  const size_t first = numbers.size() - std::min<uint64_t>(numbers.size(), count_max);
  ImageIndex before;
  if (first > 0) {
    if (auto index = store.generation(numbers[first - 1]); index.ok()) before = std::move(*index);
  }
  for (size_t i = first; i < numbers.size(); ++i) {
    GenerationRecord record;
    record.number = numbers[i];
    const auto stat = fs.stat(store_layout::generation_file(store.root(), numbers[i]));
    auto index = store.generation(numbers[i]);
    if (!index.ok() && index.error().kind == ErrorKind::kNotFound) continue;  // pruned meanwhile
    record.is_damaged = !index.ok();
    if (stat.ok()) record.made_seconds = stat->modified_seconds;
    if (index.ok()) {
      record.reference_count = index->references.size();
      record.changes = differences(before, *index);
      before = std::move(*index);
    }
    records.push_back(std::move(record));
  }
  std::reverse(records.begin(), records.end());
  return records;
}

Result<RollbackResult> roll_back(FileSystem& fs, const std::string& root, const RollbackRequest& request) {
  if (request.steps == 0 && !request.generation) {
    return Error{ErrorKind::kInvalid, "0 steps back are none", "say 1 or more"};
  }
  if (!request.name.empty()) PANNIER_TRY(check_ref_name(request.name));
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, root));
  return Rollback(*store, request).run();
}

Result<RemoveResult> remove_references(FileSystem& fs, const std::string& root,
                                       const std::vector<std::string>& names) {
  PANNIER_ASSIGN(const std::unique_ptr<Store> store, Store::open(fs, root));
  RemoveResult result;
  StoreChange change;
  std::set<std::string> seen;
  for (const std::string& name : names) {
    PANNIER_ASSIGN(Reference reference, store->find(name));
    if (!seen.insert(reference.name).second) continue;
    change.removed.push_back(reference.name);
    result.removed.push_back(std::move(reference));
  }
  PANNIER_ASSIGN(const std::unique_ptr<StoreWriter> writer, store->begin());
  PANNIER_ASSIGN(result.generation, writer->commit(change));
  return result;
}

}  // namespace pannier
