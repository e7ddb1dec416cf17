#include "cli/output.h"

#include <gtest/gtest.h>

#include "cli/exit_codes.h"

namespace pannier {
namespace {

TEST(Output, TablesAlignByWhatTheTerminalShows) {
  Table table;
  table.column("NAME");
  table.column("SIZE", Table::kRight);
  table.row({"a", "1"});
  table.row({"\u6587\u66f8", "1000"});  // two cells a character
  testing::internal::CaptureStdout();
  table.print();
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "NAME  SIZE\na        1\n\u6587\u66f8  1000\n");
}

TEST(Output, CountsInWords) {
  EXPECT_EQ(counted(1, "file"), "1 file");
  EXPECT_EQ(counted(0, "file"), "0 files");
}

TEST(ExitCodes, EachKindHasItsOwnRow) {
  std::vector<int> codes;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kInterrupted); ++kind) {
    const int code = exit_code_of(static_cast<ErrorKind>(kind));
    int rows = 0;
    for (const ExitCodeRow& row : exit_code_rows()) rows += row.code == code ? 1 : 0;
    EXPECT_EQ(rows, 1) << kind;
    for (const int other : codes) EXPECT_NE(code, other);
    codes.push_back(code);
  }
}

}  // namespace
}  // namespace pannier
