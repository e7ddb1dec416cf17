// Weights: a model's named tensors, as views into mapped files.
//
// Containers that can be read: safetensors and what torch.save writes, each in one file or in shards.
// Another is one more class behind this interface and one more row in weights.cc.
//
// Not-a-numbers and infinities in a weight are not looked for at load: that would read every embedding
// row, and a cold start reads only the few it needs. They are carried through every kernel (no kernel
// drops a NaN; tests hold them to it) and the pipeline refuses to turn such a logit into a score.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"
#include "run/tensor/tensor_view.h"

namespace pannier {

// A tensor as stored. Element types we cannot compute with are listed too, with `usable` false: it is
// an error only for a model that asks for that tensor.
struct StoredTensor {
  TensorView view;  // its bytes stay valid as long as the Weights object
  bool usable = true;
  std::string stored_type;  // "F16", "I64"
  // Its rows are scattered over the storage of another tensor, where a view cannot put them together: not
  // usable either.
  bool strided = false;
};

class Weights {
 public:
  virtual ~Weights() = default;
  // Null where there is none of that name. Thread-safe.
  virtual const StoredTensor* find(std::string_view name) const = 0;
  // Of all tensors, sorted; valid as long as this object.
  virtual std::vector<std::string_view> names() const = 0;
  // For messages: the file a tensor of that name is in, or would be.
  virtual const std::string& file_of(std::string_view name) const = 0;
  // Says that the bytes of a tensor found here are not needed for now, as they were converted or packed:
  // the pages they lie on leave the process, and come back should they be read again. Thread-safe.
  virtual void release(ByteSpan tensor) const = 0;
};

// Opens what the folder has; where it has several containers, the one that transformers prefers:
// model.safetensors, its shards, pytorch_model.bin, its shards. kIncomplete where it has no weights;
// kUnsupported, naming the container and what to do, where it has them in one we cannot read; kCorrupt,
// kLimit, kIo.
Result<std::unique_ptr<Weights>> open_weights(const ModelFiles& files);

// Whether `open_weights` would find a container it can read.
bool has_readable_weights(const ModelFiles& files);

// Weights in containers we recognise and cannot read: "tf_model.h5", "onnx/model.onnx"; sorted.
std::vector<std::string> unreadable_weight_files(const ModelFiles& files);

// For messages: "TensorFlow (Keras HDF5) (tf_model.h5), ONNX (onnx/model.onnx)", each container with its
// files, and what to do about each. Empty where there are none.
struct UnreadableWeights {
  std::string containers;
  std::string remedies;
};
UnreadableWeights describe_unreadable_weights(const ModelFiles& files);

// For messages: what we look for.
inline constexpr std::string_view kWeightFileNames =
    "model.safetensors (or pytorch_model.bin, or shards of either with their .index.json)";

// Takes the tensors a model is made of out of Weights, and collects everything that is wrong with them,
// so that one message names it all.
class TensorPicker {
 public:
  // `base` as names_of_tensor (tensor_names.h) takes it: a tensor is found by each of its names.
  explicit TensorPicker(const Weights& weights, std::string_view base = "")
      : weights_(&weights), base_(base) {}

  // Whether a tensor is there, by any of its names.
  bool has(const std::string& name) const;

  // The tensor of that name and shape. Where there is none, an empty view comes back and status()
  // tells: check it before any view is used.
  TensorView take(const std::string& name, const Shape& shape);

  // kIncomplete naming every missing tensor, else kCorrupt naming every one that is there under two
  // names or has a wrong shape, else kUnsupported naming every one of a type we cannot compute with or
  // stored as a strided view.
  Status status() const;

  // The types of the tensors taken so far, each once, in the order first seen.
  const std::vector<DType>& dtypes() const { return dtypes_; }

 private:
  const Weights* weights_;
  std::string base_;
  std::string file_;
  std::vector<std::string> missing_;
  std::vector<std::string> doubled_;
  std::vector<std::string> misshapen_;
  std::vector<std::string> strided_;
  std::vector<std::string> unusable_;
  std::vector<DType> dtypes_;
};

}  // namespace pannier
