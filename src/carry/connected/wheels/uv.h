// Uv: the resolver of Python packages, `uv`, as a child process.
//
// It decides which versions go together for a target; what it answers is checked by us afterwards (hashes,
// tags, closure). It is a package of PyPI: `pip install uv`.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "base/environment.h"
#include "base/fs.h"
#include "base/result.h"
#include "format/python_target.h"

namespace pannier {

struct Uv {
  std::vector<std::string> command;  // {"/usr/bin/uv"} or {"python3", "-m", "uv"}
  std::string version;               // "0.13.9"
  const std::atomic<bool>* cancel = nullptr;
};

// $PANNIER_UV, what install_uv installed in `cache_folder`, `uv` of PATH, `python3 -m uv`: the first that
// is there. kNotFound with how to install it; kUnsupported where it is too old, naming both versions.
Result<Uv> find_uv(FileSystem& fs, const Environment& environment, const std::string& cache_folder,
                   const std::atomic<bool>* cancel);

// Installs uv with pip into a virtual environment of its own below `cache_folder`, from the index that pip
// is configured with, and finds it there. kNotFound: no Python 3 with `venv`; errors of pip in its words.
Result<Uv> install_uv(FileSystem& fs, const std::string& cache_folder, const std::atomic<bool>* cancel);

// Where uv would get packages from.
struct UvIndexes {
  std::string main_index;
  bool is_built_in = false;  // nobody configured main_index
  std::vector<std::string> extra_indexes;
  std::vector<std::string> find_links;
};
Result<UvIndexes> uv_indexes(FileSystem& fs, const Uv& uv, const std::string& work_folder);

struct UvResolution {
  PythonTarget target;
  std::string requirements_file;              // absolute
  std::vector<std::string> constraint_files;  // absolute
  std::string torch_backend;                  // "cpu", "cu126", …; empty: whatever the index has
  bool allow_sdists = false;                  // lets uv run builds of packages to learn what they need
  // How the indexes are told (index_config's uv_index_settings): addresses, which may hold credentials, in
  // variables and not in arguments, which every user of the machine can read.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> arguments;
};

struct UvAnswer {
  std::string pylock;                 // PEP 751
  std::vector<std::string> warnings;  // uv's, such as of yanked versions; no credentials in them
};

// Resolves for the target. Runs in `work_folder`, so that no project around the caller has a say. kInvalid
// with uv's own explanation where there is no solution; kNetwork where it could not reach an index;
// kUnsupported for targets that uv does not know; kInterrupted.
Result<UvAnswer> uv_resolve(const Uv& uv, const UvResolution& resolution, const std::string& work_folder);

}  // namespace pannier
