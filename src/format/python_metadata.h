// The three text files in a wheel's .dist-info folder: METADATA (what the package is and needs), WHEEL
// (what it runs on) and RECORD (its files with digests). Specification: packaging.python.org, "core
// metadata" and "recording installed projects".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/python_requirement.h"
#include "format/python_target.h"
#include "format/python_version.h"

namespace pannier {

struct PackageMetadata {
  std::string metadata_version;  // "2.4"
  std::string name;              // as written
  PackageVersion version;
  std::vector<Requirement> requires_dist;
  std::string requires_python;  // as written
  VersionSpecifiers python_specifiers;
  std::vector<std::string> provides_extra;       // as written
  std::string license;                           // one line at most: the long texts some put here are cut
  std::string license_expression;                // SPDX
  std::vector<std::string> license_classifiers;  // "OSI Approved :: Apache Software License"
  std::string summary;

  // What to show people: the expression, else the classifiers, else the licence's first line.
  std::string licence_text() const;
};

// `what` names the file in messages. kCorrupt for a missing or second Name or Version, and for a version
// or requirement that is none (pip refuses these too); kUnsupported for a Metadata-Version of 3 or above;
// kLimit above limits::kWheelMetadataBytesMax. The description is not looked at.
Result<PackageMetadata> parse_package_metadata(std::string_view text, std::string_view what);

struct WheelDescription {
  std::string wheel_version;  // "1.0"
  bool root_is_purelib = true;
  std::vector<WheelTag> tags;  // sorted, each once; expanded where written compressed
  std::string build;
};

// kCorrupt; kUnsupported for a Wheel-Version of 2 or above.
Result<WheelDescription> parse_wheel_description(std::string_view text, std::string_view what);

struct RecordEntry {
  std::string path;              // as written: '/' between folders
  std::optional<Digest> sha256;  // none where the column is empty
  std::optional<uint64_t> bytes;
};

// CSV, quoted where needed. kCorrupt with the line; kUnsupported for a digest other than sha256; kLimit
// above limits::kWheelRecordBytesMax or limits::kZipEntriesMax lines.
Result<std::vector<RecordEntry>> parse_wheel_record(std::string_view text, std::string_view what);

}  // namespace pannier
