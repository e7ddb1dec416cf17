// What commands print on standard output: tables for people, JSON for machines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pannier {

// Columns as wide as their widest cell, two spaces between; numbers are right-aligned by `kRight`.
class Table {
 public:
  enum Align { kLeft, kRight };
  void column(std::string heading, Align align = kLeft);
  void row(std::vector<std::string> cells);
  // Headings, then rows. Text that came from outside is made safe (base/display.h).
  void print() const;

 private:
  struct Column {
    std::string heading;
    Align align;
  };
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// How many terminal cells the text takes.
size_t display_width(std::string_view text);

// Prints the line and a line feed.
void print_line(std::string_view line);
// A value that a command wrote with `json_result()`.
void print_json(JsonWriter& writer);
inline JsonWriter json_result() { return JsonWriter(JsonLayout::kIndented); }

// "1 file", "3 files".
std::string counted(uint64_t count, std::string_view noun);

}  // namespace pannier
