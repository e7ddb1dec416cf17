// Any bytes as a wheel: what passes the check is the package its name says, whole, and no larger than said.
#include <cstdlib>

#include "base/limits.h"
#include "format/python_wheel_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const pannier::WheelName kName = *pannier::WheelName::parse("demo_pkg-1.0-py3-none-any.whl");
  const pannier::ByteSpan file(data, size);
  uint64_t last = 0;
  const auto checked = pannier::check_wheel(file, kName, [&](uint64_t offset) -> pannier::Status {
    if (offset < last || offset > size) std::abort();
    last = offset;
    return {};
  });
  const auto metadata = pannier::read_wheel_metadata(file, kName);
  if (!checked.ok()) return 0;
  if (!metadata.ok() || metadata->version != kName.version) std::abort();
  if (checked->unpacked_bytes / pannier::limits::kWheelUnpackRatioMax > size) std::abort();
  if (checked->file_count < 3) std::abort();
  return 0;
}
