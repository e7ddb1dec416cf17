#include "carry/connected/closure/repository_view.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

// A hostile repository could name other files without end.
constexpr size_t kFindingsMax = 1'000;

// What a finding can tell; the rest is no fact about the repository.
bool is_about_the_file(ErrorKind kind) {
  return kind == ErrorKind::kCorrupt || kind == ErrorKind::kLimit || kind == ErrorKind::kNotFound ||
         kind == ErrorKind::kUnsupported;
}

}  // namespace

std::string joined_path(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + "/" + std::string(name);
}

std::string_view RepositoryView::left_out_reason(std::string_view path) const {
  const auto place = std::lower_bound(
      snapshot_.left_out.begin(), snapshot_.left_out.end(), path,
      [](const LeftOutFile& file, std::string_view wanted) { return std::string_view(file.path) < wanted; });
  return place != snapshot_.left_out.end() && place->path == path ? std::string_view(place->reason)
                                                                  : std::string_view();
}

const std::string* RepositoryView::text(const std::string& path) {
  const auto known = texts_.find(path);
  if (known != texts_.end()) return known->second ? &*known->second : nullptr;
  const SnapshotFile* file = snapshot_.find(path);
  if (file == nullptr || failure_) return nullptr;
  auto read = reader_.read(*file, limits::kHubSmallFileBytesMax);
  std::optional<std::string>& kept = texts_[path];
  if (read.ok()) {
    kept = std::move(*read);
    return &*kept;
  }
  if (!is_about_the_file(read.error().kind)) {
    failure_ = std::move(read).error();
  } else {
    add({FindingKind::kRemark, Severity::kError, read.error().message, path, "", {}, {}, ""});
  }
  return nullptr;
}

JsonValue RepositoryView::json(const std::string& path) {
  const auto known = documents_.find(path);
  if (known != documents_.end()) return known->second ? known->second->root() : JsonValue();
  const std::string* json_text = text(path);
  std::optional<JsonDocument>& kept = documents_[path];
  if (json_text == nullptr) return {};
  auto document = JsonDocument::parse_view(*json_text, path);
  if (!document.ok()) {
    add({FindingKind::kRemark, Severity::kError, document.error().message, path, "", {}, {}, ""});
    return {};
  }
  kept.emplace(std::move(*document));
  return kept->root();
}

void RepositoryView::add(Finding finding) {
  if (findings_.size() == kFindingsMax) return;
  const auto is_same = [&](const Finding& other) {
    if (finding.kind == FindingKind::kMissingFile && other.kind == FindingKind::kMissingFile) {
      return other.path == finding.path;
    }
    return other.kind == finding.kind && other.message == finding.message && other.ref == finding.ref &&
           other.needed_by == finding.needed_by;
  };
  if (std::none_of(findings_.begin(), findings_.end(), is_same)) findings_.push_back(std::move(finding));
}

void RepositoryView::missing(const std::string& path, const std::string& needed_by,
                             const std::string& consequence, Severity severity) {
  const std::string_view reason = left_out_reason(path);
  const std::string state = reason.empty() ? "is not there" : fmt::format("is left out ({})", reason);
  add({FindingKind::kMissingFile,
       severity,
       fmt::format("{} {}{}{}", for_message(path), state, consequence.empty() ? "" : ": ", consequence),
       needed_by,
       path,
       {},
       {},
       ""});
}

void RepositoryView::remark(const std::string& message, const std::string& needed_by, Severity severity) {
  add({FindingKind::kRemark, severity, message, needed_by, "", {}, {}, ""});
}

}  // namespace pannier
