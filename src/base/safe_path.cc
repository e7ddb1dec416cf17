#include "base/safe_path.h"

#include <utf8proc.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "base/display.h"
#include "base/limits.h"
#include "base/utf8.h"

namespace pannier {
namespace {

Error refuse(std::string_view text, const std::string& reason) {
  return Error{ErrorKind::kInvalid, "path \"" + for_message(text) + "\" is refused: " + reason, ""};
}

// CON, NUL, COM1, … with or without an extension: devices on Windows.
bool is_windows_device(std::string_view component) {
  static constexpr std::array<std::string_view, 4> kPlain = {"con", "prn", "aux", "nul"};
  std::string stem(component.substr(0, component.find('.')));
  for (char& c : stem) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const std::string_view plain : kPlain) {
    if (stem == plain) return true;
  }
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) && stem[3] >= '1' &&
         stem[3] <= '9';
}

// Empty where the component may stand, else the reason.
std::string component_fault(std::string_view component) {
  if (component.empty()) return "it has an empty component";
  if (component == "." || component == "..") return "it has a \"" + std::string(component) + "\" component";
  if (component.size() > limits::kPathComponentBytesMax) return "a component is longer than 255 bytes";
  if (component.back() == '.' || component.back() == ' ') return "a component ends in a dot or a space";
  if (is_windows_device(component)) {
    return "\"" + std::string(component) + "\" is a device name on some systems";
  }
  return "";
}

std::string character_fault(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return "it holds a NUL byte";
    if (byte < 0x20 || byte == 0x7F) return "it holds a control character";
    if (c == '\\') return "it holds a backslash";
    if (c == ':') return "it holds a colon";
  }
  return "";
}

}  // namespace

Result<SafePath> SafePath::parse(std::string_view text) {
  if (text.empty()) return refuse(text, "it is empty");
  if (text.size() > limits::kPathBytesMax) return refuse(text, "it is longer than 1024 bytes");
  if (text.front() == '/') return refuse(text, "it is absolute");
  if (std::string fault = character_fault(text); !fault.empty()) return refuse(text, fault);
  if (utf8_find_invalid(text) != std::string_view::npos) return refuse(text, "it is not valid UTF-8");
  uint32_t depth = 0;
  size_t begin = 0;
  while (true) {
    const size_t slash = text.find('/', begin);
    const std::string_view component = text.substr(begin, slash - begin);
    if (std::string fault = component_fault(component); !fault.empty()) return refuse(text, fault);
    if (++depth > limits::kPathDepthMax) return refuse(text, "it has more than 32 components");
    if (slash == std::string_view::npos) break;
    begin = slash + 1;
  }
  return SafePath(std::string(text));
}

std::string SafePath::collision_key() const {
  utf8proc_uint8_t* mapped = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
  const utf8proc_ssize_t bytes = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text_.data()),
                                              static_cast<utf8proc_ssize_t>(text_.size()), &mapped, options);
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  if (bytes < 0) return text_;
  return {reinterpret_cast<const char*>(mapped), static_cast<size_t>(bytes)};
}

Status SafePathSet::add(const SafePath& path) {
  const std::string& text = path.text();
  const std::string key = path.collision_key();
  // The path itself, then each of its parents. Folding never touches '/', so parents of the text and
  // of the key correspond.
  size_t text_end = text.size();
  size_t key_end = key.size();
  bool is_folder = false;
  while (true) {
    const std::string part = text.substr(0, text_end);
    const auto [place, is_new] = seen_.try_emplace(key.substr(0, key_end), Seen{part, is_folder});
    if (!is_new) {
      const Seen& seen = place->second;
      if (seen.text != part) {
        return Error{ErrorKind::kInvalid,
                     "\"" + seen.text + "\" and \"" + part + "\" differ only in case or normalisation",
                     "rename one of them: some file systems cannot hold both"};
      }
      if (!is_folder && !seen.is_folder) {
        return Error{ErrorKind::kInvalid, "path \"" + part + "\" appears twice", ""};
      }
      if (is_folder != seen.is_folder) {
        return Error{ErrorKind::kInvalid, "\"" + part + "\" is both a file and a folder", ""};
      }
      return {};  // this folder and all above it are known
    }
    text_end = text.rfind('/', text_end - 1);
    key_end = key.rfind('/', key_end - 1);
    if (text_end == std::string::npos || key_end == std::string::npos) return {};
    is_folder = true;
  }
}

}  // namespace pannier
