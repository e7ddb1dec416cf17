#include "carry/connected/download/download.h"

#include "carry/connected/download/downloader.h"

namespace pannier {

Result<DownloadTotals> download_all(FileSystem& fs, HttpClient& client,
                                    const std::vector<DownloadItem>& items, const DownloadOptions& options) {
  if (options.events.begin) options.events.begin(items);
  Downloader downloader(fs, client, items, options);
  return downloader.run();
}

}  // namespace pannier
