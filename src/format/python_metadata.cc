// METADATA and WHEEL: headers as in e-mail, read as Python's own parser of e-mail reads them, since that is
// what pip sees.
#include "format/python_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "format/python_text.h"
#include "format/python_wheel_name.h"

namespace pannier {
namespace {

constexpr size_t kHeadersMax = 20'000;
constexpr size_t kLineShownMax = 200;

struct Header {
  std::string name;   // lower case
  std::string value;  // without white space around it; continued lines joined by a space
};

Error corrupt(std::string_view what, const std::string& reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason),
          "the package's authors have to mend this; another version of it may be well"};
}

// Whether Python takes the line for a header: a name of printable characters but space, and a colon.
bool is_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  return std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon),
                     [](char c) { return c > ' ' && c < 0x7F; });
}

// Up to the first line that is empty or no header; what follows is the description.
Result<std::vector<Header>> parse_headers(std::string_view text, std::string_view what) {
  if (text.size() > limits::kWheelMetadataBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} bytes; at most {} are read", what, text.size(), limits::kWheelMetadataBytesMax),
        ""};
  }
  std::vector<Header> headers;
  for (std::string_view rest = text; !rest.empty();) {
    std::string_view line = python_text::take_until(rest, '\n');
    if (line.ends_with('\r')) line.remove_suffix(1);
    // To Python a lone carriage return ends a line: it would see headers where others see a long text.
    if (line.find('\r') != std::string_view::npos) return corrupt(what, "a carriage return inside a line");
    if (line.empty()) break;
    if (line[0] == ' ' || line[0] == '\t') {
      if (headers.empty()) return corrupt(what, "it begins with a continued line");
      const std::string_view more = python_text::trim(line);
      std::string& value = headers.back().value;
      if (!more.empty()) value.append(value.empty() ? "" : " ").append(more);
      continue;
    }
    if (!is_header(line)) break;
    if (headers.size() == kHeadersMax) {
      return Error{ErrorKind::kLimit, fmt::format("{}: more than {} headers", what, kHeadersMax), ""};
    }
    std::string_view value = line;
    Header header;
    header.name = python_text::lower_case(python_text::take_until(value, ':'));
    header.value = python_text::trim(value);
    headers.push_back(std::move(header));
  }
  if (headers.empty()) return corrupt(what, "it has no headers");
  for (const Header& header : headers) {
    if (utf8_find_invalid(header.value) != std::string_view::npos) {
      return corrupt(what, fmt::format("'{}' is not UTF-8", for_message(header.name)));
    }
  }
  return headers;
}

class Headers {
 public:
  Headers(std::vector<Header> all, std::string_view what) : all_(std::move(all)), what_(what) {}

  std::vector<std::string> every(std::string_view name) const {
    std::vector<std::string> out;
    for (const Header& header : all_) {
      if (header.name == name) out.push_back(header.value);
    }
    return out;
  }
  // The first, or "".
  std::string first(std::string_view name) const {
    for (const Header& header : all_) {
      if (header.name == name) return header.value;
    }
    return "";
  }
  // kCorrupt unless it is there once.
  Result<std::string> only(std::string_view name, const char* written) const {
    std::vector<std::string> values = every(name);
    if (values.size() == 1 && !values[0].empty()) return std::move(values[0]);
    return corrupt(
        what_, values.size() > 1 ? fmt::format("more than one {}", written) : fmt::format("no {}", written));
  }

 private:
  std::vector<Header> all_;
  std::string_view what_;
};

Error as_corrupt(Error error, std::string_view what) {
  if (error.kind == ErrorKind::kInvalid) error.kind = ErrorKind::kCorrupt;
  return with_context(std::move(error), std::string(what));
}

// The number before the first dot; 0 where there is none.
uint64_t major_of(std::string_view version) {
  const Result<PackageVersion> parsed = PackageVersion::parse(version);
  return parsed.ok() ? parsed->release[0] : 0;
}

std::string first_line(const std::string& text) {
  if (text.size() <= kLineShownMax) return text;
  size_t end = kLineShownMax;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace

std::string PackageMetadata::licence_text() const {
  if (!license_expression.empty()) return license_expression;
  if (license_classifiers.empty()) return license;
  return fmt::format("{}", fmt::join(license_classifiers, "; "));
}

Result<PackageMetadata> parse_package_metadata(std::string_view text, std::string_view what) {
  PANNIER_ASSIGN(std::vector<Header> all, parse_headers(text, what));
  const Headers headers(std::move(all), what);
  PackageMetadata metadata;
  metadata.metadata_version = headers.first("metadata-version");
  if (major_of(metadata.metadata_version) > 2) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: version '{}' of the metadata; up to 2.x is read", what,
                             for_message(metadata.metadata_version)),
                 ""};
  }
  PANNIER_ASSIGN(metadata.name, headers.only("name", "Name"));
  if (!is_package_name(metadata.name)) {
    return corrupt(what, fmt::format("Name '{}' is no name of a package", for_message(metadata.name)));
  }
  PANNIER_ASSIGN(const std::string version, headers.only("version", "Version"));
  Result<PackageVersion> parsed_version = PackageVersion::parse(version);
  if (!parsed_version.ok()) return as_corrupt(std::move(parsed_version).error(), what);
  metadata.version = *std::move(parsed_version);
  for (const std::string& written : headers.every("requires-dist")) {
    Result<Requirement> requirement = Requirement::parse(written);
    if (!requirement.ok()) return as_corrupt(std::move(requirement).error(), what);
    metadata.requires_dist.push_back(*std::move(requirement));
  }
  metadata.requires_python = headers.first("requires-python");
  Result<VersionSpecifiers> specifiers = VersionSpecifiers::parse(metadata.requires_python);
  if (!specifiers.ok())
    return as_corrupt(std::move(specifiers).error(), fmt::format("{}: Requires-Python", what));
  metadata.python_specifiers = *std::move(specifiers);
  metadata.provides_extra = headers.every("provides-extra");
  metadata.license = first_line(headers.first("license"));
  metadata.license_expression = headers.first("license-expression");
  metadata.summary = first_line(headers.first("summary"));
  constexpr std::string_view kLicenseClassifier = "License :: ";
  for (const std::string& classifier : headers.every("classifier")) {
    if (classifier.starts_with(kLicenseClassifier)) {
      metadata.license_classifiers.push_back(classifier.substr(kLicenseClassifier.size()));
    }
  }
  return metadata;
}

Result<WheelDescription> parse_wheel_description(std::string_view text, std::string_view what) {
  PANNIER_ASSIGN(std::vector<Header> all, parse_headers(text, what));
  const Headers headers(std::move(all), what);
  WheelDescription description;
  PANNIER_ASSIGN(description.wheel_version, headers.only("wheel-version", "Wheel-Version"));
  if (!PackageVersion::parse(description.wheel_version).ok()) {
    return corrupt(what, fmt::format("Wheel-Version '{}' is none", for_message(description.wheel_version)));
  }
  if (major_of(description.wheel_version) > 1) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: version {} of the wheel format; 1.x is read", what,
                             for_message(description.wheel_version)),
                 ""};
  }
  description.root_is_purelib = python_text::lower_case(headers.first("root-is-purelib")) == "true";
  description.build = headers.first("build");
  std::set<WheelTag> tags;
  for (const std::string& written : headers.every("tag")) {
    Result<std::vector<WheelTag>> expanded = parse_wheel_tags(written);
    if (!expanded.ok()) return as_corrupt(std::move(expanded).error(), what);
    tags.insert(expanded->begin(), expanded->end());
  }
  description.tags.assign(tags.begin(), tags.end());
  return description;
}

}  // namespace pannier
