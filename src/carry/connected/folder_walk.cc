// Walks a model's folder and explains all that is wrong with it in one message.
#include "carry/connected/folder_walk.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/limits.h"
#include "base/safe_path.h"

namespace pannier {
namespace {

constexpr size_t kFaultsNamedMax = 10;

// Why a file or folder is left out; empty where it is not.
std::string left_out_reason(const std::string& relative, bool is_folder) {
  const std::string name = file_name(relative);
  if (name == ".git") return "version control";
  if (is_folder && name == "__pycache__") return "compiled Python";
  if (is_folder && name == "huggingface" && file_name(parent_folder(relative)) == ".cache") {
    return "download cache";
  }
  if (!is_folder && name.ends_with(".incomplete")) return "unfinished download";
  if (!is_folder && name == ".DS_Store") return "folder settings";
  return "";
}

bool is_below(const std::string& path, const std::string& folder) {
  return path.starts_with(folder == "/" ? folder : folder + "/");
}

// Absolute and without links where it exists.
std::string resolved(const std::string& path) {
  std::error_code error;
  const std::filesystem::path out = std::filesystem::weakly_canonical(path, error);
  return error ? path : out.string();
}

// ".../snapshots/<revision>[/...]" -> ".../blobs", where a Hugging Face cache keeps the bytes.
std::string cache_blob_folder(const std::string& folder) {
  constexpr std::string_view kSnapshots = "/snapshots/";
  const size_t place = folder.rfind(kSnapshots);
  if (place == std::string::npos) return "";
  return folder.substr(0, place) + "/blobs";
}

class Walker {
 public:
  Walker(FileSystem& fs, std::string folder, const std::string& output)
      : fs_(fs),
        folder_(std::move(folder)),
        root_(resolved(folder_)),
        blob_folder_(cache_blob_folder(root_)) {
    if (!output.empty()) output_ = resolved(parent_folder(output)) + "/" + file_name(output);
  }

  Result<FolderWalk> run() {
    PANNIER_TRY(walk(""));
    std::sort(walk_.files.begin(), walk_.files.end(),
              [](const WalkedFile& a, const WalkedFile& b) { return a.path < b.path; });
    check_collisions();
    if (!faults_.empty()) return refuse();
    if (walk_.files.empty()) {
      return Error{ErrorKind::kInvalid, folder_ + " holds no files: nothing to pack",
                   walk_.left_out.empty() ? "" : "all that is in it is left out: caches, version control"};
    }
    return std::move(walk_);
  }

 private:
  std::string absolute(const std::string& relative) const { return folder_ + "/" + relative; }
  void fault(const std::string& relative, const std::string& reason) {
    faults_.push_back(fmt::format("{} ({})", absolute(relative), reason));
  }

  // `relative` is "" for the folder itself.
  Status walk(const std::string& relative) {
    PANNIER_ASSIGN(const auto entries, fs_.list(relative.empty() ? folder_ : absolute(relative)));
    for (const FolderEntry& entry : entries) {
      PANNIER_TRY(visit(relative.empty() ? entry.name : relative + "/" + entry.name, entry.kind));
    }
    return {};
  }

  Status visit(const std::string& relative, FileKind kind) {
    const bool is_folder = kind == FileKind::kFolder;
    if (std::string reason = left_out_reason(relative, is_folder); !reason.empty()) {
      walk_.left_out.push_back({absolute(relative), std::move(reason)});
      return {};
    }
    if (!output_.empty() && root_ + "/" + relative == output_) {
      walk_.left_out.push_back({absolute(relative), "the bundle being written"});
      return {};
    }
    const auto safe = SafePath::parse(relative);
    if (!safe.ok()) {
      fault(relative, safe.error().message);
      return {};
    }
    switch (kind) {
      case FileKind::kFolder:
        return walk(relative);
      case FileKind::kRegular:
        return add_file(relative, absolute(relative));
      case FileKind::kSymlink:
        return add_link(relative);
      case FileKind::kOther:
        fault(relative, "neither a file nor a folder: a device, socket or pipe");
        return {};
    }
    return {};
  }

  Status add_file(const std::string& relative, std::string source) {
    PANNIER_ASSIGN(const FileStat stat, fs_.stat(source));
    if (stat.kind != FileKind::kRegular) {
      fault(relative, stat.kind == FileKind::kFolder ? "a link to a folder" : "not a regular file");
      return {};
    }
    if (walk_.files.size() >= limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} holds more than {} files", folder_, limits::kFilesPerModelMax), ""};
    }
    walk_.files.push_back({relative, std::move(source), stat.executable, stat.bytes});
    return {};
  }

  Status add_link(const std::string& relative) {
    std::error_code error;
    const std::string target = std::filesystem::canonical(absolute(relative), error).string();
    if (error) {
      fault(relative, "a link that leads nowhere");
      return {};
    }
    const bool is_inside = is_below(target, root_);
    const bool is_in_cache = !blob_folder_.empty() && is_below(target, blob_folder_);
    if (!is_inside && !is_in_cache) {
      fault(relative, "a link out of the folder, to " + target);
      return {};
    }
    return add_file(relative, target);
  }

  void check_collisions() {
    SafePathSet paths;
    for (const WalkedFile& file : walk_.files) {
      const Status added = paths.add(*SafePath::parse(file.path));
      if (!added.ok()) fault(file.path, added.error().message);
    }
  }

  Error refuse() const {
    std::string list;
    for (size_t i = 0; i < std::min(faults_.size(), kFaultsNamedMax); ++i) {
      list += (i == 0 ? "" : "; ") + faults_[i];
    }
    if (faults_.size() > kFaultsNamedMax)
      list += fmt::format("; and {} more", faults_.size() - kFaultsNamedMax);
    return {
        ErrorKind::kInvalid,
        fmt::format("{} cannot be packed because of {} of its entries: {}", folder_, faults_.size(), list),
        "rename or remove them; where a link leads out of the folder, put the file in its place"};
  }

  FileSystem& fs_;
  const std::string folder_;  // as given
  const std::string root_;    // resolved
  const std::string blob_folder_;
  std::string output_;
  FolderWalk walk_;
  std::vector<std::string> faults_;
};

}  // namespace

Result<FolderWalk> walk_model_folder(FileSystem& fs, const std::string& folder, const std::string& output) {
  std::string place = folder;
  while (place.size() > 1 && place.back() == '/') place.pop_back();
  PANNIER_ASSIGN(FileStat stat, fs.stat(place));
  if (stat.kind == FileKind::kSymlink) {
    // The caller named it, so it may be a link.
    place = resolved(place);
    PANNIER_ASSIGN(stat, fs.stat(place));
  }
  if (stat.kind != FileKind::kFolder) {
    return Error{ErrorKind::kInvalid, folder + " is not a folder",
                 "give the folder that holds the model's files"};
  }
  return Walker(fs, place, output).run();
}

}  // namespace pannier
