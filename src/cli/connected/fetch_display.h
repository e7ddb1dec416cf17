// FetchDisplay: what a person sees, or a machine reads, while files are fetched.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "carry/connected/download/download.h"

namespace pannier {

enum class DisplayKind {
  kBars,   // a terminal that can move its cursor: a bar for each file in work, and one for all
  kLines,  // a file, a CI log, a dumb terminal: a line for each large file that is done, and every ten
           // seconds
  kJson,   // a JSON object a line, for --json
  kQuiet,
};

// What standard error is, with --json and --quiet taken into account.
DisplayKind display_kind(bool json);

// Everything goes to standard error, so that results on standard output stay clean. Not thread-safe:
// download_all calls from one thread at a time.
class FetchDisplay {
 public:
  using Clock = std::chrono::steady_clock;
  // `label` as "fetching". `write` gets what is to be written; empty: standard error.
  FetchDisplay(std::string label, DisplayKind kind, std::function<void(const std::string&)> write = {});
  ~FetchDisplay();
  FetchDisplay(const FetchDisplay&) = delete;
  FetchDisplay& operator=(const FetchDisplay&) = delete;

  // Events for download_all; this object must outlive them. `done` is left to the caller.
  DownloadEvents events();
  // Wipes the bars, so that results can be printed.
  void finish();

  // What events call; `now` is given for tests.
  void begin(const std::vector<DownloadItem>& items, Clock::time_point now);
  void progress(size_t item, uint64_t bytes_done, Clock::time_point now);
  void note(size_t item, const std::string& what);

 private:
  struct File {
    std::string label;
    uint64_t bytes = 0;
    uint64_t done = 0;
    bool in_work = false;
    Clock::time_point started;
  };
  double rate(Clock::time_point now);
  void draw(Clock::time_point now);
  void wipe();
  void line(const std::string& text);
  std::string total_line(Clock::time_point now, bool bar);
  void write_json(const char* event, size_t item, const std::string& text);

  std::string label_;
  DisplayKind kind_;
  std::function<void(const std::string&)> write_;
  std::vector<File> files_;
  uint64_t bytes_total_ = 0;
  uint64_t bytes_done_ = 0;
  size_t files_done_ = 0;
  size_t lines_drawn_ = 0;
  Clock::time_point start_;
  Clock::time_point next_;
  // The rate is taken over the last seconds, not since the start: what a stalled link does now counts.
  struct Sample {
    Clock::time_point when;
    uint64_t bytes = 0;
  };
  std::vector<Sample> samples_;
};

}  // namespace pannier
