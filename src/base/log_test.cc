#include "base/log.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(Log, QuietDropsNotesNeverWarnings) {
  testing::internal::CaptureStderr();
  log_note("a note");
  set_log_level(LogLevel::kQuiet);
  log_note("another");
  log_warning("a warning");
  set_log_level(LogLevel::kNormal);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "pannier: a note\npannier: warning: a warning\n");
}

}  // namespace
}  // namespace pannier
