#include "carry/connected/closure/file_globs.h"

#include <algorithm>

#include "base/utf8.h"

namespace pannier {
namespace {

// One code point (one byte where the text is not UTF-8) at `place`, and how long it is.
Utf8Step step_at(std::string_view text, size_t place) {
  Utf8Step step = utf8_decode(text, place);
  if (step.length == 0) step = {static_cast<unsigned char>(text[place]), 1};
  return step;
}

// The length of the set that begins with '[' at `place`; 0 where no ']' ends it and '[' stands for itself.
size_t set_length(std::string_view pattern, size_t place) {
  size_t end = place + 1;
  if (end < pattern.size() && pattern[end] == '!') ++end;
  if (end < pattern.size() && pattern[end] == ']') ++end;
  end = pattern.find(']', end);
  return end == std::string_view::npos ? 0 : end - place + 1;
}

// Whether the set "[…]" holds the code point.
bool set_holds(std::string_view set, char32_t code_point) {
  set = set.substr(1, set.size() - 2);
  const bool negated = set.starts_with('!');
  if (negated) set.remove_prefix(1);
  bool holds = false;
  for (size_t i = 0; i < set.size();) {
    const Utf8Step low = step_at(set, i);
    i += low.length;
    char32_t high = low.code_point;
    if (i + 1 < set.size() && set[i] == '-') {
      const Utf8Step end = step_at(set, i + 1);
      high = end.code_point;
      i += 1 + end.length;
    }
    holds = holds || (low.code_point <= code_point && code_point <= high);
  }
  return holds != negated;
}

// What stands at `place` of the pattern, but for '*': how many of its bytes, and whether it takes the
// code point.
struct Taken {
  size_t pattern_bytes;
  bool matches;
};
Taken take(std::string_view pattern, size_t place, char32_t code_point) {
  if (pattern[place] == '?') return {1, true};
  if (pattern[place] == '[') {
    const size_t length = set_length(pattern, place);
    if (length != 0) return {length, set_holds(pattern.substr(place, length), code_point)};
  }
  const Utf8Step step = step_at(pattern, place);
  return {step.length, step.code_point == code_point};
}

// The last '*' is the only one that may ever have to take more: what an earlier one took stays.
bool matches(std::string_view pattern, std::string_view path) {
  size_t p = 0;
  size_t t = 0;
  size_t star = std::string_view::npos;  // behind the last '*'
  size_t star_text = 0;                  // what it left to the rest
  while (t < path.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    const Utf8Step step = step_at(path, t);
    if (p < pattern.size()) {
      const Taken taken = take(pattern, p, step.code_point);
      if (taken.matches) {
        p += taken.pattern_bytes;
        t += step.length;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    star_text += step_at(path, star_text).length;
    p = star;
    t = star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  std::string normal(pattern);
  std::replace(normal.begin(), normal.end(), '\\', '/');
  if (normal.ends_with('/')) normal += '*';
  return matches(normal, path);
}

const std::string* first_match(const std::vector<std::string>& patterns, std::string_view path) {
  for (const std::string& pattern : patterns) {
    if (glob_matches(pattern, path)) return &pattern;
  }
  return nullptr;
}

}  // namespace pannier
