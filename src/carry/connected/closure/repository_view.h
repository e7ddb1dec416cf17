// RepositoryView: what the checks of closure see of a repository, and where they leave what they find.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "carry/connected/closure/closure.h"

namespace pannier {

// "a" and "b" -> "a/b"; "" and "b" -> "b".
std::string joined_path(std::string_view folder, std::string_view name);

class RepositoryView {
 public:
  // Both must outlive it.
  RepositoryView(const Snapshot& snapshot, SnapshotReader& reader) : snapshot_(snapshot), reader_(reader) {}

  const Snapshot& snapshot() const { return snapshot_; }
  bool has(std::string_view path) const { return snapshot_.find(path) != nullptr; }
  // The reason it was left out; empty where it was not, or does not exist.
  std::string_view left_out_reason(std::string_view path) const;
  bool is_left_out(std::string_view path) const { return !left_out_reason(path).empty(); }
  bool exists(std::string_view path) const { return has(path) || is_left_out(path); }

  // Null where it is not taken, or cannot be read: that is then a finding. Valid while the view lives.
  const std::string* text(const std::string& path);
  // The root of a JSON file; absent where the text is, or where it is not JSON (a finding).
  JsonValue json(const std::string& path);

  void add(Finding finding);
  // A file of this repository that is needed and not taken; the message says where it is instead.
  void missing(const std::string& path, const std::string& needed_by, const std::string& consequence,
               Severity severity = Severity::kError);
  void remark(const std::string& message, const std::string& needed_by,
              Severity severity = Severity::kRemark);

  // What stopped us from reading, if anything did.
  const std::optional<Error>& failure() const { return failure_; }
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  const Snapshot& snapshot_;
  SnapshotReader& reader_;
  std::map<std::string, std::optional<std::string>> texts_;
  std::map<std::string, std::optional<JsonDocument>> documents_;
  std::vector<Finding> findings_;
  std::optional<Error> failure_;
};

}  // namespace pannier
