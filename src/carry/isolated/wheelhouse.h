// What lies in a wheelhouse: its wheels by package, and the requirements file that pins all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/oci.h"
#include "format/python_wheel_name.h"

namespace pannier {

// The lock that a packer may have put beside the wheels.
inline constexpr std::string_view kWheelhouseLockFile = "pylock.toml";

struct Wheel {
  WheelName name;
  ModelFile file;
};

// The wheels of a manifest, by package, version and file name. kCorrupt for a *.whl that is not named as
// wheels are. Empty for what is no wheelhouse.
Result<std::vector<Wheel>> wheels_of(const ModelManifest& manifest);

// "py3-none-any", "cp39-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64": as the file name has them.
std::string wheel_tags(const WheelName& name);

// For `pip install --require-hashes -r`: every package at its version with the digests of its wheels. pip
// itself is left out unless it was asked for: it is there to be installed before all others. kInvalid where
// two versions of a package are there.
Result<std::string> hashed_requirements(const ModelManifest& wheelhouse);

}  // namespace pannier
