// For tests: a repository as a map from paths to contents, and what closure finds in it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "carry/connected/closure/closure.h"

namespace pannier {

class TestRepository : public SnapshotReader {
 public:
  explicit TestRepository(std::map<std::string, std::string> files) : contents_(std::move(files)) {
    snapshot_.name = "org/name";
    snapshot_.repo = "org/name";
    snapshot_.ref.repo = "org/name";
    for (const auto& [path, text] : contents_) {
      SnapshotFile file;
      file.path = path;
      file.bytes = text.size();
      snapshot_.files.push_back(file);
    }
  }

  Snapshot& snapshot() { return snapshot_; }

  // The file exists upstream and is not taken.
  TestRepository& leave_out(const std::string& path, const std::string& reason = "not in --include") {
    std::erase_if(snapshot_.files, [&](const SnapshotFile& file) { return file.path == path; });
    snapshot_.left_out.push_back({path, 1, reason});
    std::sort(snapshot_.left_out.begin(), snapshot_.left_out.end(),
              [](const LeftOutFile& a, const LeftOutFile& b) { return a.path < b.path; });
    return *this;
  }

  Result<std::string> read(const SnapshotFile& file, uint64_t bytes_max) override {
    reads_.push_back(file.path);
    if (failure) return *failure;
    const std::string& text = contents_.at(file.path);
    if (text.size() > bytes_max) return Error{ErrorKind::kLimit, file.path + " is too long", ""};
    return text;
  }

  std::vector<Finding> find() {
    auto found = find_dependencies(snapshot_, *this);
    EXPECT_TRUE(found.ok()) << (found.ok() ? "" : found.error().to_string());
    return found.ok() ? *found : std::vector<Finding>();
  }

  const std::vector<std::string>& reads() const { return reads_; }
  std::optional<Error> failure;

 private:
  std::map<std::string, std::string> contents_;
  Snapshot snapshot_;
  std::vector<std::string> reads_;
};

inline std::vector<Finding> closure_of(std::map<std::string, std::string> files) {
  return TestRepository(std::move(files)).find();
}

// "error missing vocab.txt", "error other org/base", "warning …", one a line: for messages of failing tests
// and for comparing.
inline std::string told(const std::vector<Finding>& findings, Severity least = Severity::kWarning) {
  std::string out;
  for (const Finding& finding : findings) {
    if (finding.severity < least) continue;
    out += finding.severity == Severity::kError     ? "error "
           : finding.severity == Severity::kWarning ? "warning "
                                                    : "remark ";
    if (finding.kind == FindingKind::kMissingFile) out += "missing " + finding.path;
    if (finding.kind == FindingKind::kOtherRepository) out += "other " + finding.ref.text;
    if (finding.kind == FindingKind::kRemark) out += finding.message;
    out += "\n";
  }
  return out;
}

inline const Finding* find_finding(const std::vector<Finding>& findings, FindingKind kind) {
  for (const Finding& finding : findings) {
    if (finding.kind == kind) return &finding;
  }
  return nullptr;
}

}  // namespace pannier
