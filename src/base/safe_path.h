// SafePath: a relative path from outside that cannot leave the folder it is joined to.
//
// Refused: empty, absolute, "." or ".." components, empty components ("a//b", "a/"), backslash,
// colon (drive letters, alternate streams), NUL and control characters, invalid UTF-8, too long
// (base/limits.h), and names that Windows reserves for devices or strips (trailing dot or space),
// since a carried folder must mean the same on every machine.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pannier {

class SafePath {
 public:
  // kInvalid with the reason. The separator is '/'.
  static Result<SafePath> parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string under(const std::string& folder) const { return folder + "/" + text_; }
  // Lower-cased by Unicode simple folding: two paths with equal keys collide on some file systems.
  std::string collision_key() const;

  friend bool operator==(const SafePath&, const SafePath&) = default;
  friend auto operator<=>(const SafePath&, const SafePath&) = default;

 private:
  explicit SafePath(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

// Collects the paths of one folder and refuses duplicates, names that differ only in case, and a
// file where another path needs a folder ("a" beside "a/b").
class SafePathSet {
 public:
  // kInvalid, naming both paths.
  Status add(const SafePath& path);

 private:
  // Collision key of a path or of one of its parents -> the text as first seen, file or folder.
  struct Seen {
    std::string text;
    bool is_folder = false;
  };
  std::map<std::string, Seen> seen_;
};

}  // namespace pannier
