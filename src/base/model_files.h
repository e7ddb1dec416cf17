// ModelFiles: the files of one model by name, wherever they lie.
//
// `run` takes this and never sees a store: the command line resolves a ref to a list of names and
// blob paths, or opens a folder, and hands the result over.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// The bytes of one file. The view lives as long as this object (memory-mapped read-only, or owned).
class FileView {
 public:
  virtual ~FileView() = default;
  virtual ByteSpan bytes() const = 0;

  // Says that `part`, of these bytes or of others, is not needed for now: whole pages of a mapped file
  // that lie in it leave the process. Reading them again is allowed and fetches them anew, from whichever
  // thread. Nothing happens to owned memory, nor to bytes that are not of this view.
  virtual void release(ByteSpan part) const { (void)part; }
};

// Read-only, private mapping of a whole file; an empty file gives an empty view.
Result<std::unique_ptr<FileView>> map_file(const std::string& path);

class ModelFiles {
 public:
  virtual ~ModelFiles() = default;
  // What to call the model in messages: the folder or the ref.
  virtual const std::string& label() const = 0;
  // Sorted names relative to the model, '/' between folders.
  virtual const std::vector<std::string>& names() const = 0;
  virtual bool has(const std::string& name) const = 0;
  // kNotFound where there is no such file; kIo.
  virtual Result<std::unique_ptr<FileView>> open(const std::string& name) const = 0;
};

// Every regular file below a folder (links to files are followed, as caches lay models out so).
Result<std::unique_ptr<ModelFiles>> model_files_from_folder(const std::string& folder);
// Names and the absolute path of each.
std::unique_ptr<ModelFiles> model_files_from_paths(std::string label,
                                                   std::map<std::string, std::string> path_by_name);
// For tests and fuzzers: contents held in memory.
std::unique_ptr<ModelFiles> model_files_from_memory(std::string label,
                                                    std::map<std::string, std::string> contents_by_name);

}  // namespace pannier
