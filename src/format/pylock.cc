#include "format/pylock.h"

#include <fmt/core.h>

#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "format/python_requirement.h"
#include "format/toml.h"

namespace pannier {
namespace {

// "a%2Bcpu" as "a+cpu"; nullopt for a broken triple.
std::optional<std::string> percent_decode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef0123456789ABCDEF";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const size_t high = kDigits.find(text[i + 1]);
    const size_t low = kDigits.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out += static_cast<char>((high % 16) * 16 + low % 16);
    i += 2;
  }
  return out;
}

bool is_plain_file_name(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.size() > limits::kPathComponentBytesMax)
    return false;
  for (const char c : name) {
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

class PylockReader {
 public:
  explicit PylockReader(std::string_view what) : what_(what) {}

  Result<std::vector<PylockPackage>> packages(JsonValue root) {
    PANNIER_ASSIGN(const std::string version, JsonReader(root, what_).string("lock-version"));
    if (version != "1" && !version.starts_with("1.")) {
      return Error{ErrorKind::kUnsupported,
                   fmt::format("{}: lock-version {}; this version reads 1.x", what_, for_message(version)),
                   ""};
    }
    std::vector<PylockPackage> out;
    if (!root["packages"]) return out;
    PANNIER_ASSIGN(const JsonValue list, JsonReader(root, what_).array("packages"));
    std::set<std::pair<std::string, std::string>> seen;
    for (const JsonValue element : list.elements()) {
      PANNIER_ASSIGN(PylockPackage package, one(element));
      if (!seen.emplace(package.name, package.marker).second) {
        return Error{ErrorKind::kCorrupt, fmt::format("{}: {} is there twice", what_, package.name), ""};
      }
      out.push_back(std::move(package));
    }
    return out;
  }

 private:
  Result<PylockPackage> one(JsonValue element) {
    PylockPackage out;
    PANNIER_ASSIGN(const std::string name, JsonReader(element, what_).string("name"));
    if (!is_package_name(name)) {
      return Error{ErrorKind::kCorrupt, fmt::format("{}: no name of a package: {}", what_, for_message(name)),
                   ""};
    }
    out.name = normalise_package_name(name);
    where_ = fmt::format("{}: package {}", what_, out.name);
    PANNIER_ASSIGN(out.version, optional_text(element, "version"));
    PANNIER_ASSIGN(out.marker, optional_text(element, "marker"));
    for (const char* source : {"vcs", "directory"}) {
      if (element[source]) out.other_source = source;
    }
    PANNIER_TRY(files(element, out));
    if (out.wheels.empty() && !out.sdist && out.other_source.empty()) {
      return Error{ErrorKind::kCorrupt, where_ + ": nothing says where it comes from", ""};
    }
    return out;
  }

  Status files(JsonValue element, PylockPackage& out) {
    if (element["wheels"]) {
      PANNIER_ASSIGN(const JsonValue wheels, JsonReader(element, where_).array("wheels"));
      for (const JsonValue wheel : wheels.elements()) {
        if (++wheel_count_ > limits::kWheelsMax) {
          return Error{ErrorKind::kLimit, fmt::format("{}: more than {} wheels", what_, limits::kWheelsMax),
                       ""};
        }
        PANNIER_ASSIGN(PylockFile parsed, file(wheel));
        out.wheels.push_back(std::move(parsed));
      }
    }
    if (element["sdist"]) {
      PANNIER_ASSIGN(out.sdist, file(element["sdist"]));
    }
    if (element["archive"]) {
      PANNIER_ASSIGN(PylockFile archive, file(element["archive"]));
      if (archive.filename.ends_with(".whl")) {
        out.wheels.push_back(std::move(archive));
      } else {
        out.sdist = std::move(archive);
      }
    }
    return {};
  }

  Result<PylockFile> file(JsonValue element) {
    if (!element.is_object()) return Error{ErrorKind::kCorrupt, where_ + ": a file that is no table", ""};
    PylockFile out;
    PANNIER_ASSIGN(out.url, optional_text(element, "url"));
    PANNIER_ASSIGN(out.path, optional_text(element, "path"));
    PANNIER_ASSIGN(out.filename, optional_text(element, "name"));
    if (out.filename.empty()) {
      const std::string_view place = out.url.empty() ? std::string_view(out.path) : out.url;
      const std::string_view whole =
          place.substr(0, out.url.empty() ? place.size() : place.find_first_of("?#"));
      const std::string_view last = whole.substr(whole.rfind('/') + 1);
      out.filename = out.url.empty() ? std::string(last) : percent_decode(last).value_or("");
    }
    if (!is_plain_file_name(out.filename)) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: no name of a file: {}", where_, for_message(out.filename)), ""};
    }
    if (element["size"]) {
      PANNIER_ASSIGN(out.bytes,
                     JsonReader(element, where_).unsigned_integer("size", limits::kBundleBytesMax));
    }
    if (const auto hex = element["hashes"]["sha256"].as_string()) {
      auto digest = digest_from_hex(*hex);
      if (!digest.ok())
        return with_context(std::move(digest).error(), where_ + ": " + for_message(out.filename));
      out.sha256 = *digest;
    }
    return out;
  }

  Result<std::string> optional_text(JsonValue element, std::string_view key) {
    if (!element[key]) return std::string();
    return JsonReader(element, where_).string(key);
  }

  std::string what_;
  std::string where_;  // what_, and the package at hand
  uint32_t wheel_count_ = 0;
};

}  // namespace

Result<std::vector<PylockPackage>> parse_pylock(std::string_view toml, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, parse_toml(toml, what));
  return PylockReader(what).packages(document.root());
}

}  // namespace pannier
