#include "cli/size_argument.h"

#include <algorithm>
#include <cctype>

#include "base/limits.h"

namespace pannier {
namespace {

struct NamedSize {
  const char* name;  // lower case
  uint64_t bytes;
};

// Whole sectors of the smallest disc of its kind, less what a file system of many files takes; and the
// largest file of FAT32.
constexpr NamedSize kMedia[] = {{"cd", 700'000'000},
                                {"dvd", 4'690'000'000},
                                {"bd25", 25'000'000'000},
                                {"bd50", 50'000'000'000},
                                {"fat32", 4'294'967'295}};
constexpr NamedSize kUnits[] = {{"", 1},
                                {"b", 1},
                                {"kb", 1'000},
                                {"mb", 1'000'000},
                                {"gb", 1'000'000'000},
                                {"tb", 1'000'000'000'000},
                                {"kib", limits::kKiB},
                                {"mib", limits::kMiB},
                                {"gib", limits::kGiB},
                                {"tib", 1024 * limits::kGiB}};

const NamedSize* find(const auto& table, const std::string& name) {
  const auto found = std::find_if(std::begin(table), std::end(table),
                                  [&](const NamedSize& row) { return name == row.name; });
  return found == std::end(table) ? nullptr : &*found;
}

}  // namespace

Result<uint64_t> parse_size_argument(const std::string& text) {
  const Error no_size{ErrorKind::kInvalid, "\"" + text + "\" is no size", std::string("say ") + kSizeHelp};
  std::string lower = text;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (const NamedSize* medium = find(kMedia, lower)) return medium->bytes;
  const size_t digits = std::min(lower.find_first_not_of("0123456789"), lower.size());
  const NamedSize* unit = find(kUnits, lower.substr(digits));
  if (digits == 0 || digits > 16 || unit == nullptr) return no_size;
  uint64_t number = 0;
  for (const char digit : lower.substr(0, digits)) number = number * 10 + static_cast<uint64_t>(digit - '0');
  if (number == 0 || number > limits::kBundleBytesMax / unit->bytes) return no_size;
  return number * unit->bytes;
}

}  // namespace pannier
