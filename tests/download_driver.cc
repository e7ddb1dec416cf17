// Downloads what standard input lists, for tests that kill it: a row is "URL BYTES sha256|git HEX".
//
// usage: download_driver FOLDER CONNECTIONS BLOCK_BYTES
// Prints "done PATH SHA256" for each file and "totals FETCHED RESUMED RETRIES" at the end; notes and the
// error go to standard error, which is then the exit code 1.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "carry/connected/download/download.h"
#include "net/client/http_client.h"

namespace pannier {
namespace {

Result<DownloadItem> parse_row(const std::vector<std::string>& words) {
  if (words.size() != 4) return Error{ErrorKind::kInvalid, "a row has four words", ""};
  DownloadItem item;
  item.label = words[0];
  PANNIER_ASSIGN(item.url, parse_url(words[0]));
  item.bytes = std::strtoull(words[1].c_str(), nullptr, 10);
  if (words[2] == "sha256") {
    PANNIER_ASSIGN(item.id.sha256, digest_from_hex(words[3]));
  } else {
    PANNIER_ASSIGN(item.id.git_blob, sha1_from_hex(words[3]));
  }
  return item;
}

Result<std::vector<DownloadItem>> read_items() {
  std::vector<DownloadItem> items;
  std::vector<std::string> words(1);
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c == ' ') words.emplace_back();
    if (c != ' ' && c != '\n') words.back() += static_cast<char>(c);
    if (c != '\n') continue;
    PANNIER_ASSIGN(DownloadItem item, parse_row(words));
    items.push_back(std::move(item));
    words.assign(1, "");
  }
  return items;
}

Status download(char** arguments) {
  PANNIER_ASSIGN(const std::vector<DownloadItem> items, read_items());
  PANNIER_ASSIGN(const std::unique_ptr<HttpClient> client, make_http_client({}));
  DownloadOptions options;
  options.folder = arguments[1];
  options.connections_max = static_cast<uint32_t>(std::atoi(arguments[2]));
  options.block_bytes = std::strtoull(arguments[3], nullptr, 10);
  options.events.note = [](size_t item, const std::string& what) {
    std::fprintf(stderr, "%zu: %s\n", item, what.c_str());
  };
  options.events.done = [](size_t, const DownloadedFile& file) -> Status {
    std::printf("done %s %s\n", file.path.c_str(), file.sha256.hex().c_str());
    return {};
  };
  PANNIER_ASSIGN(const DownloadTotals totals, download_all(real_file_system(), *client, items, options));
  std::printf("totals %llu %llu %u\n", static_cast<unsigned long long>(totals.bytes_fetched),
              static_cast<unsigned long long>(totals.bytes_resumed), totals.retries);
  return {};
}

}  // namespace
}  // namespace pannier

int main(int argument_count, char** arguments) {
  if (argument_count != 4) return 2;
  const pannier::Status status = pannier::download(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.error().to_string().c_str());
  return 1;
}
