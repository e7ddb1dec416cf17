// Names with a prefix, and without: see model_subfolder.h.
#include "run/pipeline/model_subfolder.h"

namespace pannier {
namespace {

class Subfolder : public ModelFiles {
 public:
  Subfolder(const ModelFiles& files, const std::string& folder)
      : files_(&files),
        prefix_(folder.empty() ? "" : folder + "/"),
        label_(folder.empty() ? files.label() : files.label() + "/" + folder) {
    for (const std::string& name : files.names()) {
      if (name.starts_with(prefix_)) names_.push_back(name.substr(prefix_.size()));
    }
  }
  const std::string& label() const override { return label_; }
  const std::vector<std::string>& names() const override { return names_; }
  bool has(const std::string& name) const override { return files_->has(prefix_ + name); }
  Result<std::unique_ptr<FileView>> open(const std::string& name) const override {
    return files_->open(prefix_ + name);
  }

 private:
  const ModelFiles* files_;
  std::string prefix_;
  std::string label_;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<ModelFiles> files_in_subfolder(const ModelFiles& files, const std::string& folder) {
  return std::make_unique<Subfolder>(files, folder);
}

}  // namespace pannier
