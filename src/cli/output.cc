#include "cli/output.h"

#include <utf8proc.h>

#include <algorithm>
#include <cassert>
#include <cstdio>

#include "base/display.h"
#include "base/utf8.h"

namespace pannier {

void Table::column(std::string heading, Align align) { columns_.push_back({std::move(heading), align}); }

void Table::row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  for (std::string& cell : cells) cell = for_display(cell);
  rows_.push_back(std::move(cells));
}

void Table::print() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = display_width(columns_[i].heading);
    for (const auto& cells : rows_) width = std::max(width, display_width(cells[i]));
    widths.push_back(width);
  }
  const auto print_cells = [&](const auto& cell_at) {
    std::string line;
    for (size_t i = 0; i < columns_.size(); ++i) {
      const std::string& cell = cell_at(i);
      const std::string padding(widths[i] - display_width(cell), ' ');
      if (i > 0) line += "  ";
      line += columns_[i].align == kRight ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    print_line(line);
  };
  print_cells([&](size_t i) -> const std::string& { return columns_[i].heading; });
  for (const auto& cells : rows_) print_cells([&](size_t i) -> const std::string& { return cells[i]; });
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_decode(text, at);
    width += static_cast<size_t>(utf8proc_charwidth(static_cast<utf8proc_int32_t>(step.code_point)));
    at += std::max<size_t>(step.length, 1);
  }
  return width;
}

void print_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

void print_json(JsonWriter& writer) { print_line(writer.take()); }

std::string counted(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

}  // namespace pannier
