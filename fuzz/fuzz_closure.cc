// Any repository to the closure check: the input is a list of files, each a line with its name and then a
// line with its contents.
#include <cstdlib>
#include <map>

#include "base/safe_path.h"
#include "carry/connected/closure/closure.h"
#include "carry/connected/closure/needed_files.h"

namespace {

class Reader : public pannier::SnapshotReader {
 public:
  explicit Reader(const std::map<std::string, std::string>& contents) : contents_(contents) {}
  pannier::Result<std::string> read(const pannier::SnapshotFile& file, uint64_t bytes_max) override {
    const std::string& text = contents_.at(file.path);
    if (text.size() > bytes_max) return pannier::Error{pannier::ErrorKind::kLimit, "too long", ""};
    return text;
  }

 private:
  const std::map<std::string, std::string>& contents_;
};

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> contents;
  pannier::SafePathSet paths;
  while (!text.empty()) {
    const std::string_view name = take_line(text);
    const std::string_view line = take_line(text);
    const auto path = pannier::SafePath::parse(name);
    if (path.ok() && paths.add(*path).ok()) contents.emplace(name, line);
  }
  pannier::Snapshot snapshot;
  snapshot.name = snapshot.repo = "org/name";
  for (const auto& [path, line] : contents) {
    pannier::SnapshotFile file;
    file.path = path;
    file.bytes = line.size();
    snapshot.files.push_back(file);
  }
  const size_t count = snapshot.files.size();
  if (!pannier::select_files(snapshot, {}).ok()) std::abort();  // no patterns: nothing to refuse
  if (snapshot.files.size() + snapshot.left_out.size() != count) std::abort();
  Reader reader(contents);
  const auto findings = pannier::find_dependencies(snapshot, reader);
  if (!findings.ok()) std::abort();
  for (const pannier::Finding& finding : *findings) {
    const bool is_other = finding.kind == pannier::FindingKind::kOtherRepository;
    if (is_other && !pannier::check_repo_id(finding.ref.repo).ok()) std::abort();
    if (finding.message.empty()) std::abort();
  }
  return 0;
}
