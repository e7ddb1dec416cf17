// TargetFolder: a new folder of files that appears whole, by one rename, or not at all.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"

namespace pannier {

class TargetFolder {
 public:
  // A temporary folder beside `folder`. kInvalid for a path that cannot be renamed to ("/", "..").
  // `fs` must outlive the object.
  static Result<std::unique_ptr<TargetFolder>> begin(FileSystem& fs, const std::string& folder);
  // Without `publish`: removes the temporary folder.
  ~TargetFolder();
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;

  // The target's path without trailing slashes.
  const std::string& folder() const { return folder_; }
  // REQUIRES: `relative` is a valid SafePath.
  Result<std::unique_ptr<WritableFile>> create_file(const std::string& relative, bool executable);
  // Where such a file is to be made by somebody else: its folder is there. REQUIRES: as create_file.
  Result<std::string> prepare_file(const std::string& relative);
  // Where such a file lies until it is published.
  std::string temporary_path(const std::string& relative) const { return temporary_ + "/" + relative; }

  // Syncs everything and renames. kInvalid where the target exists and is not an empty folder. With
  // `replace`, a folder that is there is moved aside first and removed afterwards.
  Status publish(bool replace);

 private:
  TargetFolder(FileSystem& fs, std::string folder, std::string temporary)
      : fs_(fs), folder_(std::move(folder)), temporary_(std::move(temporary)) {}
  Status swap();

  FileSystem& fs_;
  const std::string folder_;
  const std::string temporary_;
  std::set<std::string> made_folders_;
  bool published_ = false;
};

// Where files can be put: kInvalid unless `folder` does not exist or is an empty folder.
Status check_target_is_free(FileSystem& fs, const std::string& folder);

// kIo with both numbers where `bytes` in `file_count` files do not fit beside `path`.
Status check_free_space(FileSystem& fs, const std::string& path, uint64_t bytes, uint64_t file_count);

struct CopySource {
  std::string path;
  uint64_t bytes = 0;
  Digest digest;
};

// Copies all of a file, checking size and digest on the way: kCorrupt. `progress` is told the bytes
// of each piece and may stop the copy.
Status copy_checked(FileSystem& fs, const CopySource& source, WritableFile& out,
                    const std::function<Status(uint64_t bytes)>& progress);

}  // namespace pannier
