// Checks a wheel from its first byte to its last, running nothing: that it is the package its name says, that
// every file in it is the one RECORD lists, and that every unpacker sees the same archive.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/python_metadata.h"
#include "format/python_wheel_name.h"

namespace pannier {

struct CheckedWheel {
  PackageMetadata metadata;
  WheelDescription description;
  uint64_t file_count = 0;
  uint64_t unpacked_bytes = 0;
  std::vector<std::string> warnings;  // what pip does not mind, but people should know
};

// Called with how far (in bytes of the file) the check has come, at least once each MiB; its error stops it.
// A caller who mapped the file may give the pages before that place back.
using WheelCheckProgress = std::function<Status(uint64_t offset)>;

// `file` is the whole wheel (mapped), `name` its parsed file name. Refuses, each with a message that names
// the wheel and the entry:
//   - zip confusion: duplicate names, headers that disagree, bytes before, between or behind the entries;
//   - paths that leave the folder they are unpacked to, on any system, or are a file and a folder at once;
//   - name and version that are not the same in the file name, the .dist-info folder and METADATA;
//   - a file name whose tags are not covered by those in WHEEL (one that says `any`, or the plain `linux` of
//   the
//     same machine, is: some authors name wheels by hand; that is a warning, as are paths that are no such on
//     Windows or that differ only in case);
//   - RECORD that lists a file that is not there, misses one that is (but for itself and its signatures), or
//     whose digest or size is wrong;
//   - contents that unpack to another size than the archive says, or with a wrong checksum; and bombs: sizes
//     beyond limits::kWheelUnpackedBytesMax or limits::kWheelUnpackRatioMax.
// kCorrupt, kUnsupported (encrypted, other compression), kLimit. Memory: the directory of the archive, the
// three text files, and less than 1 MiB.
Result<CheckedWheel> check_wheel(ByteSpan file, const WheelName& name,
                                 const WheelCheckProgress& progress = {});

// METADATA alone, found through the archive's directory and checked against its checksum: for wheels of which
// the index serves none beside.
Result<PackageMetadata> read_wheel_metadata(ByteSpan file, const WheelName& name);

// Also that the wheel is for the target: fit_wheel and Requires-Python. kUnsupported with the reason.
Status check_wheel_fits(const WheelName& name, const PackageMetadata& metadata, const TargetTags& target);

}  // namespace pannier
