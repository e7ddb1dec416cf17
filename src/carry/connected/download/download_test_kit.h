// For tests only: a server of files with faults on demand, and a bench to download from it in memory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/fs_memory.h"
#include "carry/connected/download/download.h"
#include "net/client/fake_http_client.h"

namespace pannier::download_test {

inline std::string noise(size_t bytes, uint32_t seed) {
  std::mt19937 random(seed);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

inline Sha1 git_blob_of(const std::string& contents) {
  GitBlobHash hash(contents.size());
  hash.update(as_bytes(contents));
  return hash.finish();
}

// For what FakeHttpClient cannot say: an answer made by hand. `send` may be called by several threads.
class HandMadeClient : public HttpClient {
 public:
  std::function<Status(const HttpRequest&, HttpSink&)> answer;
  Status send(const HttpRequest& request, HttpSink& sink) override { return answer(request, sink); }
};

// A folder in memory, a client, and what the downloader told.
class DownloadBench : public ::testing::Test {
 protected:
  static constexpr uint64_t kBlock = 2500;  // pieces come in 1000 bytes: their seams are not the blocks'
  static constexpr const char* kFolder = "/store/downloads";

  MemoryFileSystem fs_;
  FakeHttpClient client_;
  DownloadOptions options_ = make_options();
  std::vector<DownloadItem> items_;

  std::vector<std::string> notes_;
  std::vector<std::chrono::milliseconds> waits_;
  std::map<size_t, DownloadedFile> done_;
  std::map<size_t, uint64_t> progress_;
  std::mutex mutex_;  // guards waits_

  DownloadOptions make_options() {
    DownloadOptions options;
    options.folder = kFolder;
    options.connections_max = 1;  // tests that count want no races; others say how many
    options.block_bytes = kBlock;
    options.run_blocks_max = 3;
    options.retry.wait = [this](std::chrono::milliseconds time) -> Status {
      const std::lock_guard<std::mutex> guard(mutex_);
      waits_.push_back(time);
      return {};
    };
    options.events.note = [this](size_t, const std::string& what) { notes_.push_back(what); };
    options.events.progress = [this](size_t item, uint64_t bytes) { progress_[item] = bytes; };
    options.events.done = [this](size_t item, const DownloadedFile& file) -> Status {
      EXPECT_TRUE(done_.emplace(item, file).second) << "told twice";
      return {};
    };
    return options;
  }

  DownloadItem& add(const std::string& url, const std::string& contents) {
    DownloadItem item;
    item.label = "org/m: " + url.substr(url.rfind('/') + 1);
    item.url = *parse_url(url);
    item.bytes = contents.size();
    item.id.sha256 = sha256(contents);
    items_.push_back(item);
    return items_.back();
  }
  // The item, and a server that has it whole and in ranges.
  DownloadItem& serve(const std::string& url, const std::string& contents) {
    client_.on("GET", url, file_answer(contents));
    return add(url, contents);
  }
  static FakeAnswer file_answer(const std::string& contents) {
    FakeAnswer answer;
    answer.body = contents;
    answer.ranges = true;
    answer.headers = {{"ETag", "\"v1\""}};
    return answer;
  }

  Result<DownloadTotals> run(FileSystem& fs, HttpClient& client) {
    done_.clear();
    notes_.clear();
    waits_.clear();
    return download_all(fs, client, items_, options_);
  }
  Result<DownloadTotals> run() { return run(fs_, client_); }
  DownloadTotals run_well() {
    const auto totals = run();
    EXPECT_TRUE(totals.ok()) << totals.error().to_string();
    return totals.ok() ? *totals : DownloadTotals{};
  }
  Error run_badly() {
    const auto totals = run();
    EXPECT_FALSE(totals.ok());
    return totals.ok() ? Error{} : totals.error();
  }

  std::string contents_of(size_t item) {
    const auto found = done_.find(item);
    if (found == done_.end()) return "(not done)";
    const auto contents = read_small_file(fs_, found->second.path, 100'000'000);
    return contents.ok() ? *contents : contents.error().message;
  }
  void expect_done(size_t item, const std::string& contents) {
    EXPECT_TRUE(contents_of(item) == contents) << "item " << item << " is not what it should be";
    EXPECT_EQ(done_[item].sha256, sha256(contents));
    EXPECT_EQ(done_[item].bytes, contents.size());
  }
  // What a kill leaves behind: nothing that the process held, everything that it wrote.
  void die() { fs_.crash(CrashLoss::kNothing); }

  std::string names() {
    std::string text;
    const auto entries = fs_.list(kFolder);
    if (!entries.ok()) return "(no folder)";
    for (const FolderEntry& entry : *entries) {
      const size_t dot = entry.name.rfind('.');
      text += (dot == std::string::npos ? entry.name : entry.name.substr(dot)) + " ";
    }
    return text;
  }
  bool was_noted(std::string_view text) const {
    for (const std::string& note : notes_) {
      if (note.find(text) != std::string::npos) return true;
    }
    return false;
  }
  // "0-2499 2500-4999": the ranges asked for so far; "all" without one.
  std::string asked() const {
    std::string text;
    for (const HttpRequest& request : client_.requests()) {
      const std::string range = FakeHttpClient::header(request, "Range");
      text += (range.empty() ? "all" : range.substr(6)) + " ";
    }
    return text;
  }
};

}  // namespace pannier::download_test
