// Any bytes as what a hub says: a repository's description, two pages of its listing, a Link header.
#include <cstdlib>

#include "base/limits.h"
#include "carry/connected/hub/hub_json.h"
#include "carry/connected/hub/link_header.h"

namespace {

void check_files(const std::vector<pannier::SnapshotFile>& files) {
  pannier::SafePathSet paths;
  for (size_t i = 0; i < files.size(); ++i) {
    const auto path = pannier::SafePath::parse(files[i].path);
    if (!path.ok() || !paths.add(*path).ok()) std::abort();
    if (i > 0 && files[i - 1].path >= files[i].path) std::abort();
    if (files[i].bytes > pannier::limits::kBundleBytesMax) std::abort();
    if (files[i].id.sha256.has_value() == files[i].id.git_blob.has_value()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto info = pannier::parse_repo_info(text, "fuzz");
  if (info.ok() && (!pannier::check_repo_id(info->id).ok() || info->commit.size() != 40)) std::abort();
  // A line break parts two pages, so that what they have in common is reached too.
  const size_t line = text.find('\n');
  pannier::TreeListing listing;
  bool is_good = listing.add_page(text.substr(0, line), "fuzz").ok();
  if (is_good && line != std::string_view::npos) {
    is_good = listing.add_page(text.substr(line + 1), "fuzz").ok();
  }
  if (is_good) check_files(listing.take());
  const std::string next = pannier::next_link(text);
  if (next.find('>') != std::string::npos) std::abort();
  return 0;
}
