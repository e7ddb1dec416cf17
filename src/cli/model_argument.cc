#include "cli/model_argument.h"

#include <sys/stat.h>

#include <map>

#include "base/display.h"
#include "base/log.h"
#include "cli/artifact_report.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

bool is_folder(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

Error not_a_model(const std::string& argument) {
  return Error{ErrorKind::kNotFound, "\"" + for_message(argument) + "\" is no model",
               "if it is the text, name the model before it: " + program_name() + " run TASK MODEL TEXT"};
}

Result<std::unique_ptr<ModelFiles>> open_from_store(const std::string& name,
                                                    const std::string& store_option) {
  PANNIER_ASSIGN(const FoundModel found, find_model(real_file_system(), store_option, name));
  PANNIER_ASSIGN(const ModelManifest manifest, found.store->manifest(found.reference));
  if (manifest.kind != ArtifactKind::kModel) {
    return Error{ErrorKind::kInvalid,
                 found.reference.name + " is a " + kind_for_people(manifest.kind) + ", not a model",
                 "`" + program_name() + " list` shows the models"};
  }
  std::map<std::string, std::string> path_by_name;
  for (const ModelFile& file : manifest.files) {
    if (!found.store->has_blob(file.digest, file.bytes)) {
      return Error{ErrorKind::kIncomplete,
                   "store " + found.store->root() + " lacks blob sha256:" + file.digest.hex() + " (" + name +
                       ": " + file.path + ")",
                   "install the bundle that brought " + name + " again"};
    }
    path_by_name.emplace(file.path, found.store->blob_path(file.digest));
  }
  return model_files_from_paths(name, std::move(path_by_name));
}

}  // namespace

Result<std::unique_ptr<ModelFiles>> open_model_argument(const std::string& argument,
                                                        const std::string& store_option) {
  if (argument.starts_with("dir:")) return model_files_from_folder(argument.substr(4));
  if (is_folder(argument)) {
    log_note("\"" + argument + "\" is a folder here: taken as dir:" + argument);
    return model_files_from_folder(argument);
  }
  if (!check_ref_name(argument).ok()) return not_a_model(argument);
  return open_from_store(argument, store_option);
}

}  // namespace pannier
