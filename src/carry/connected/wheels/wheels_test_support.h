// Shared by the tests of wheels: a stand-in for uv that answers from files, and environments made of a list.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "base/fs.h"
#include "carry/connected/wheels/uv.h"

namespace pannier::wheels_test {

inline Environment environment_of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
}

inline void put(const std::string& path, const std::string& contents) {
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(fs.make_folders(parent_folder(path)).ok());
  const Status written = write_file_atomic(fs, path, contents);
  ASSERT_TRUE(written.ok()) << written.error().to_string();
}

inline std::string contents_of(const std::string& path) {
  const auto text = read_small_file(real_file_system(), path, 1 << 20);
  return text.ok() ? *text : "";
}

// A program; written as one, so that nothing has to change its mode.
inline void put_program(const std::string& path, const std::string& script) {
  FileSystem& fs = real_file_system();
  ASSERT_TRUE(fs.make_folders(parent_folder(path)).ok());
  auto file = fs.create(path, true);
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  ASSERT_TRUE((*file)->append(as_bytes(script)).ok());
  ASSERT_TRUE((*file)->close().ok());
}

// A program in a temporary folder that answers as uv does, from files: "version", "indexes" (what is
// configured), "built-in" (without configuration), and for each platform "lock-PLATFORM" or, to fail,
// "errors-PLATFORM". It notes its arguments in "calls", its environment in "environment" and the requirements
// and constraints it was given in "requirements" and "constraints".
class FakeUv {
 public:
  FakeUv() : folder_(std::filesystem::temp_directory_path().string() + "/" + unique_name("fake-uv")) {
    put(folder_ + "/version", "uv 0.13.9 (x86_64-unknown-linux-gnu)\n");
    put(folder_ + "/built-in", "--index-url https://built-in.example/simple\n\n");
    put(folder_ + "/indexes", "--index-url https://built-in.example/simple\n\n");
    put_program(program(), "#!/bin/sh\ncd '" + folder_ + R"sh(' || exit 9
printf '%s\n' "$*" >>calls
case "$1" in
  --version) cat version; exit 0;;
esac
case "$*" in
  *--emit-index-url*--no-config*) cat built-in; exit 0;;
  *--emit-index-url*) cat indexes; exit 0;;
esac
env >environment
cat "$3" >requirements
while [ $# -gt 0 ]; do
  case "$1" in
    --python-platform) platform=$2;;
    --constraints) cat "$2" >>constraints;;
  esac
  shift
done
if [ "$(cat requirements | head -c 3)" = pip ] && [ -e lock-pip ]; then cat lock-pip; exit 0; fi
if [ -e "errors-$platform" ]; then cat "errors-$platform" >&2; exit 1; fi
[ -e "warnings-$platform" ] && cat "warnings-$platform" >&2
cat "lock-$platform"
)sh");
  }
  ~FakeUv() { (void)real_file_system().remove_tree(folder_); }

  std::string program() const { return folder_ + "/uv"; }
  const std::string& folder() const { return folder_; }
  Uv uv() const { return {{program()}, "0.13.9", nullptr}; }
  void answer(const std::string& file, const std::string& contents) { put(folder_ + "/" + file, contents); }
  std::string noted(const std::string& file) const { return contents_of(folder_ + "/" + file); }

 private:
  std::string folder_;
};

inline PythonTarget target(const std::string& text) {
  const auto parsed = PythonTarget::parse(text);
  EXPECT_TRUE(parsed.ok()) << parsed.error().to_string();
  return parsed.ok() ? *parsed : PythonTarget{};
}

}  // namespace pannier::wheels_test
