#include "cli/connected/fetch_display.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace pannier {
namespace {

using namespace std::chrono_literals;

std::vector<DownloadItem> two_items() {
  std::vector<DownloadItem> items(2);
  items[0].label = "org/a: model.safetensors";
  items[0].bytes = 100'000'000;
  items[1].label = "org/a: config.json";
  items[1].bytes = 600;
  return items;
}

struct Screen {
  std::string text;
  FetchDisplay display;
  FetchDisplay::Clock::time_point now{};
  explicit Screen(DisplayKind kind)
      : display("fetching", kind, [this](const std::string& part) { text += part; }) {
    display.begin(two_items(), now);
  }
  void step(size_t item, uint64_t done, std::chrono::milliseconds after) {
    now += after;
    display.progress(item, done, now);
  }
};

TEST(FetchDisplay, BarsShowFilesInWorkAndTheTotalWithRateAndTimeLeft) {
  Screen screen(DisplayKind::kBars);
  screen.step(1, 600, 1000ms);
  screen.step(0, 50'000'000, 1000ms);
  EXPECT_NE(screen.text.find("org/a: model.safetensors"), std::string::npos);
  EXPECT_NE(screen.text.find("[##########..........]  50 %"), std::string::npos) << screen.text;
  EXPECT_NE(screen.text.find("50.0 MB of 100.0 MB, 1 of 2 files, 25.0 MB/s, 2 s left"), std::string::npos)
      << screen.text;
  screen.text.clear();
  screen.display.finish();
  EXPECT_EQ(screen.text, "\x1b[2A\r\x1b[J");
  screen.display.finish();
  EXPECT_EQ(screen.text, "\x1b[2A\r\x1b[J");  // once
}

// A log gets no escape sequences, and no line for every small file.
TEST(FetchDisplay, LinesAreFewAndPlain) {
  Screen screen(DisplayKind::kLines);
  for (uint64_t done = 0; done <= 100'000'000; done += 1'000'000) screen.step(0, done, 250ms);
  screen.step(1, 600, 1ms);
  EXPECT_EQ(screen.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(screen.text.find("config.json"), std::string::npos);
  EXPECT_EQ(std::count(screen.text.begin(), screen.text.end(), '\n'), 4) << screen.text;
  EXPECT_EQ(screen.text.find("pannier: fetching 2 files, 100.0 MB\n"), 0u) << screen.text;
}

TEST(FetchDisplay, JsonIsALineAnEvent) {
  Screen screen(DisplayKind::kJson);
  screen.step(0, 5, 1ms);
  screen.display.note(0, "retrying in 2 s\x1b[31m");
  screen.step(0, 100'000'000, 1ms);
  size_t events = 0;
  std::string last;
  for (size_t at = 0; at < screen.text.size();) {
    const size_t end = screen.text.find('\n', at);
    const auto document = JsonDocument::parse(screen.text.substr(at, end - at), "event");
    ASSERT_TRUE(document.ok()) << document.error().to_string();
    last = *document->root()["event"].as_string();
    at = end + 1;
    ++events;
  }
  EXPECT_EQ(events, 4u) << screen.text;
  EXPECT_EQ(last, "file");
  EXPECT_EQ(screen.text.find('\x1b'), std::string::npos);
}

TEST(FetchDisplay, QuietSaysNothing) {
  Screen screen(DisplayKind::kQuiet);
  screen.step(0, 5, 20s);
  screen.display.note(0, "x");
  EXPECT_EQ(screen.text, "");
}

// A file whose contents turned out wrong begins again: the total must not count it twice.
TEST(FetchDisplay, ARefetchTakesItsBytesBack) {
  Screen screen(DisplayKind::kLines);
  screen.step(0, 100'000'000, 1ms);
  screen.step(0, 10, 1ms);
  screen.step(1, 600, 11s);
  EXPECT_NE(screen.text.find("610 B of 100.0 MB, 1 of 2 files"), std::string::npos) << screen.text;
}

}  // namespace
}  // namespace pannier
