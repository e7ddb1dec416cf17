// Any text as config.json, up to asking the weights for the tensors it implies. The weights have none, so
// a configuration of any size must end in a message, without more memory than base/limits.h allows.
#include <cstdlib>
#include <string>

#include "base/limits.h"
#include "run/model/families.h"
#include "run/ops/dispatch.h"

namespace {

pannier::ModelSource empty_source(const pannier::ModelConfig& config) {
  const auto files = pannier::model_files_from_memory(
      "fuzz", {{"model.safetensors", std::string("\x02\0\0\0\0\0\0\0{}", 10)}});
  auto weights = pannier::open_weights(*files);
  if (!weights.ok()) std::abort();
  pannier::ModelSource source;
  source.config = &config;
  source.weights = std::move(weights).value();
  source.kernels = &pannier::active_kernels();
  return source;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto config = pannier::ModelConfig::parse(text);
  if (!config.ok()) return 0;
  const auto labels = pannier::read_labels(*config);
  if (labels.ok() && (labels->labels.empty() || labels->labels.size() > pannier::limits::kLabelsMax))
    std::abort();
  const auto encoder = pannier::find_encoder_family(*config);
  if (encoder.ok() && (*encoder)->load_encoder(empty_source(*config)).ok()) std::abort();
  const auto family = pannier::find_classifier_family(*config);
  if (!labels.ok() || !family.ok()) return 0;
  const auto label_count = static_cast<uint32_t>(labels->labels.size());
  if ((*family)->load_classifier(empty_source(*config), label_count).ok()) std::abort();
  return 0;
}
