// Weights whose tensors all lie in one mapped file: what its container's parser found, by name.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/model_files.h"
#include "run/weights/weights.h"

namespace pannier {

class MappedWeights : public Weights {
 public:
  using Tensors = std::map<std::string, StoredTensor, std::less<>>;

  // The tensors' views lie in `view`, which is kept with them.
  MappedWeights(std::string file, std::unique_ptr<FileView> view, Tensors tensors)
      : file_(std::move(file)), view_(std::move(view)), tensors_(std::move(tensors)) {}

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> names;
    names.reserve(tensors_.size());
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }
  const std::string& file_of(std::string_view) const override { return file_; }
  void release(ByteSpan tensor) const override { view_->release(tensor); }

 private:
  std::string file_;
  std::unique_ptr<FileView> view_;
  Tensors tensors_;
};

}  // namespace pannier
