// For tests only: bundles of noise behind a true statement, cut in every way, and what happens to their
// files.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/fs_memory.h"
#include "carry/transport/bundle_test_kit.h"
#include "carry/transport/volumes/volume_set.h"
#include "format/tar.h"

namespace pannier::volume_test {

using bundle_test::noise;
using bundle_test::read_file;
using bundle_test::write_file;

inline const std::string kStatement = "{\"not\":\"parsed here\"}";

// Begins as a bundle does, and goes on with noise.
inline std::string fake_bundle(size_t bytes, uint64_t seed = 1, const std::string& statement = kStatement) {
  std::string out = write_tar_header({"pannier/statement.json", statement.size()}) + statement;
  out.append(tar_padding_bytes(statement.size()), '\0');
  if (out.size() < bytes) out += noise(bytes - out.size(), seed);
  return out;
}

struct Made {
  std::string contents;
  std::vector<std::string> files;
};

// As the writer of bundles does: a placeholder for the head first, the head itself at the end.
inline Result<std::vector<std::string>> write_output(BundleOutput& output, const std::string& contents,
                                                     const std::string& statement = kStatement) {
  constexpr size_t kHeadBytes = 1024;
  std::string placeholder = contents;
  for (size_t i = 0; i < std::min(kHeadBytes, contents.size()); ++i) placeholder[i] = 'x';
  for (size_t at = 0; at < contents.size(); at += 3001) {
    PANNIER_TRY(output.file().append(
        as_bytes(placeholder).subspan(at, std::min<size_t>(3001, contents.size() - at))));
  }
  PANNIER_TRY(output.file().write_at(0, as_bytes(contents).first(std::min(kHeadBytes, contents.size()))));
  return output.publish(statement);
}

inline Made make_set(FileSystem& fs, const std::string& path, const VolumeOptions& options, size_t bytes,
                     uint64_t seed = 1) {
  Made made{fake_bundle(bytes, seed), {}};
  EXPECT_TRUE(fs.make_folders(parent_folder(path)).ok());
  auto output = create_bundle_output(fs, path, false, options, made.contents.size());
  EXPECT_TRUE(output.ok()) << output.error().to_string();
  auto files = write_output(**output, made.contents);
  EXPECT_TRUE(files.ok()) << files.error().to_string();
  if (files.ok()) made.files = *files;
  return made;
}

inline Result<std::string> read_all(FileSystem& fs, const std::vector<std::string>& paths) {
  PANNIER_ASSIGN(const OpenedBundle bundle, open_bundle(fs, paths));
  std::string out(bundle.bytes->size(), '\0');
  // In pieces that fit no block.
  for (size_t at = 0; at < out.size(); at += 10'007) {
    const size_t bytes = std::min<size_t>(10'007, out.size() - at);
    PANNIER_TRY(bundle.bytes->read_at(at, {reinterpret_cast<uint8_t*>(&out[at]), bytes}));
  }
  return out;
}

inline void overwrite(FileSystem& fs, const std::string& path, uint64_t offset, const std::string& bytes) {
  auto file = fs.open_or_create(path);
  ASSERT_TRUE(file.ok());
  ASSERT_TRUE((*file)->write_at(offset, as_bytes(bytes)).ok());
}

inline void flip(FileSystem& fs, const std::string& path, uint64_t offset, uint8_t mask = 1) {
  auto file = fs.open_or_create(path);
  ASSERT_TRUE(file.ok());
  uint8_t byte = 0;
  ASSERT_TRUE((*file)->read_at(offset, {&byte, 1}).ok());
  byte ^= mask;
  ASSERT_TRUE((*file)->write_at(offset, {&byte, 1}).ok());
}

}  // namespace pannier::volume_test
