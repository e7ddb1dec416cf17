#include "carry/connected/wheels/simple_client.h"

#include <fmt/core.h>

#include <charconv>

#include "base/display.h"
#include "base/limits.h"
#include "format/python_wheel_name.h"

namespace pannier {
namespace {

// An index in a folder: FOLDER/NAME/index.html, as `pip` and `uv` read it.
Result<std::optional<std::vector<IndexedFile>>> list_folder_index(FileSystem& fs, const std::string& folder,
                                                                  const std::string& package) {
  const std::string project = folder + "/" + package;
  auto text = read_small_file(fs, project + "/index.html", limits::kSimpleIndexBytesMax);
  if (!text.ok() && text.error().kind == ErrorKind::kNotFound)
    return std::optional<std::vector<IndexedFile>>();
  PANNIER_ASSIGN(const std::string contents, std::move(text));
  PANNIER_ASSIGN(SimpleIndexPage page, parse_simple_html(contents, project + "/index.html"));
  std::vector<IndexedFile> out;
  for (SimpleFile& file : page.files) {
    IndexedFile indexed;
    if (const auto path = local_path_of(file.url)) {
      indexed.local_path = path->starts_with("/") ? *path : project + "/" + *path;
      file.url.clear();
    }
    indexed.file = std::move(file);
    out.push_back(std::move(indexed));
  }
  return std::optional(std::move(out));
}

Error unexpected_status(int status, const std::string& shown) {
  if (status == 401 || status == 403 || status == 407) {
    return Error{ErrorKind::kDenied, fmt::format("{} refuses us (HTTP {})", shown, status),
                 "look at the user's name and password in the configured index address"};
  }
  return Error{ErrorKind::kNetwork, fmt::format("{} answers HTTP {}", shown, status), ""};
}

Result<std::optional<std::vector<IndexedFile>>> list_server_index(HttpClient& client,
                                                                  const IndexConfig& config,
                                                                  const std::string& index,
                                                                  const std::string& package,
                                                                  const RetryPolicy& retry) {
  std::string page = index;
  if (!page.ends_with('/')) page += '/';
  PANNIER_ASSIGN(const IndexAddress address, parse_index_address(page + package + "/"));
  HttpRequest request;
  request.url = address.url;
  request.headers = index_headers(config, address.url);
  request.headers.push_back({"Accept", std::string(kSimpleIndexAccept)});
  const std::string shown = address.url.text();
  std::vector<RedirectStep> chain;
  PANNIER_ASSIGN(const HttpAnswer answer,
                 get_small(client, request, limits::kSimpleIndexBytesMax, retry, &chain));
  if (answer.head.status == 404 || answer.head.status == 410)
    return std::optional<std::vector<IndexedFile>>();
  if (answer.head.status != 200) return unexpected_status(answer.head.status, shown);
  PANNIER_ASSIGN(SimpleIndexPage parsed,
                 parse_simple_page(answer.body, answer.head.header("Content-Type"), shown));
  Url base = chain.empty() ? address.url : chain.back().url;
  if (!parsed.base.empty()) {
    PANNIER_ASSIGN(base, resolve_url(base, parsed.base));
  }
  std::vector<IndexedFile> out;
  for (SimpleFile& file : parsed.files) {
    const auto url = resolve_url(base, file.url);
    if (!url.ok()) continue;  // "javascript:…" and the like: nothing we could fetch
    file.url = url->text();
    out.push_back({std::move(file), ""});
  }
  return std::optional(std::move(out));
}

Result<std::vector<IndexedFile>> list_link_folders(FileSystem& fs, const IndexConfig& config,
                                                   const std::string& package) {
  std::vector<IndexedFile> out;
  for (const std::string& folder : config.link_folders()) {
    PANNIER_ASSIGN(const std::vector<FolderEntry> entries, fs.list(folder));
    for (const FolderEntry& entry : entries) {
      const auto name = WheelName::parse(entry.name);
      if (entry.kind != FileKind::kRegular || !name.ok() || name->name != package) continue;
      IndexedFile indexed;
      indexed.file.filename = entry.name;
      indexed.local_path = folder + "/" + entry.name;
      out.push_back(std::move(indexed));
    }
  }
  return out;
}

}  // namespace

Result<std::vector<IndexedFile>> list_project(FileSystem& fs, HttpClient& client, const IndexConfig& config,
                                              const std::string& package, const RetryPolicy& retry) {
  PANNIER_ASSIGN(std::vector<IndexedFile> out, list_link_folders(fs, config, package));
  std::vector<std::string> indexes;
  indexes.reserve(config.extra_indexes.size() + 1);
  for (const IndexSetting& setting : config.extra_indexes) indexes.push_back(setting.value);
  if (!config.no_index) indexes.push_back(config.main_index.value);
  bool found = !out.empty();
  for (const std::string& index : indexes) {
    const auto folder = local_path_of(index);
    auto listed = folder ? list_folder_index(fs, *folder, package)
                         : list_server_index(client, config, index, package, retry);
    PANNIER_ASSIGN(std::optional<std::vector<IndexedFile>> files, std::move(listed));
    if (!files) continue;
    found = true;
    std::move(files->begin(), files->end(), std::back_inserter(out));
    if (!config.merged) break;
  }
  if (found) return out;
  std::string places;
  for (const std::string& index : indexes) {
    places += (places.empty() ? "" : ", ") + without_credentials(index);
  }
  return Error{ErrorKind::kNotFound,
               fmt::format("no package {} in {}", for_message(package),
                           places.empty() ? "the find-links folders" : for_display(places)),
               "check its name, or name another index with --index-url"};
}

Result<uint64_t> size_on_server(HttpClient& client, const IndexConfig& config, const Url& url,
                                const RetryPolicy& retry) {
  HttpRequest request;
  request.method = "HEAD";
  request.url = url;
  request.headers = index_headers(config, url);
  request.headers.push_back({"Accept-Encoding", "identity"});
  PANNIER_ASSIGN(const HttpAnswer answer, get_small(client, request, 0, retry, nullptr));
  const std::string_view length = answer.head.header("Content-Length");
  uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (answer.head.status != 200 || error != std::errc() || end != length.data() + length.size()) {
    return Error{ErrorKind::kNetwork,
                 fmt::format("{}: its server does not tell how large it is (HTTP {})",
                             for_message(url.text()), answer.head.status),
                 ""};
  }
  return bytes;
}

}  // namespace pannier
