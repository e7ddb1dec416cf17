// Reading config.json: see config.h.
#include "run/model/config.h"

#include <limits>
#include <map>
#include <utility>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr const char* kFile = "config.json";
constexpr const char* kHint = "fetch config.json again from where the model came from";

// A decimal number as Python's str(int) writes it: no sign, no leading zero, no space.
std::optional<uint64_t> canonical_number(std::string_view text) {
  if (text.empty() || text.size() > 9 || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + static_cast<uint64_t>(c - '0');
  }
  return number;
}

std::vector<std::string> numbered_labels(uint64_t count) {
  std::vector<std::string> labels;
  labels.reserve(count);
  for (uint64_t i = 0; i < count; ++i) labels.push_back("LABEL_" + std::to_string(i));
  return labels;
}

Status check_label_count(JsonValue value, std::string_view key, uint64_t count) {
  if (count == 0) return config_error(ErrorKind::kCorrupt, value, key, "gives no label at all");
  if (count > limits::kLabelsMax) {
    return config_error(ErrorKind::kLimit, value, key,
                        "gives " + std::to_string(count) + " labels; at most " +
                            std::to_string(limits::kLabelsMax) + " are read");
  }
  return {};
}

// {"0": "NEGATIVE", "1": "POSITIVE"}, in any order. REQUIRES: an object.
Result<std::vector<std::string>> read_id2label(JsonValue value) {
  PANNIER_TRY(check_label_count(value, "id2label", value.size()));
  std::vector<std::string> labels(value.size());
  std::vector<bool> seen(value.size());
  for (auto [key, label] : value.members()) {
    const std::optional<uint64_t> id = canonical_number(key);
    if (!id || *id >= labels.size() || seen[*id]) {
      return config_error(ErrorKind::kCorrupt, value, "id2label",
                          "has " + std::to_string(labels.size()) + " labels, but the id '" +
                              std::string(key) + "' is not one of 0 to " + std::to_string(labels.size() - 1));
    }
    const std::optional<std::string_view> text = label.as_string();
    if (!text) {
      return config_error(ErrorKind::kCorrupt, label, "id2label",
                          "id '" + std::string(key) + "' has no text label");
    }
    seen[*id] = true;
    labels[*id] = *text;
  }
  return labels;
}

// Anything else counts as not said, as it does in transformers' pipeline.
Result<ProblemType> read_problem_type(JsonValue root) {
  const JsonValue value = root["problem_type"];
  if (!value || value.is_null()) return ProblemType::kNone;
  const std::optional<std::string_view> name = value.as_string();
  if (!name) return config_error(ErrorKind::kCorrupt, value, "problem_type", "is not text");
  if (*name == "regression") return ProblemType::kRegression;
  if (*name == "single_label_classification") return ProblemType::kSingleLabel;
  if (*name == "multi_label_classification") return ProblemType::kMultiLabel;
  return ProblemType::kNone;
}

// Where the file has `num_labels`: its value.
Result<std::optional<uint64_t>> read_label_count(JsonValue root) {
  const JsonValue value = root["num_labels"];
  if (!value) return std::optional<uint64_t>();
  const std::optional<uint64_t> count = value.as_unsigned();
  if (!count) return config_error(ErrorKind::kCorrupt, value, "num_labels", "is not a whole number");
  PANNIER_TRY(check_label_count(value, "num_labels", *count));
  return count;
}

}  // namespace

Error config_error(ErrorKind kind, JsonValue value, std::string_view key, const std::string& reason) {
  std::string where = std::string(kFile) + ": ";
  if (value) where = std::string(kFile) + " at byte " + std::to_string(value.offset()) + ": ";
  return {kind, where + "'" + std::string(key) + "' " + reason, kHint};
}

Result<ModelConfig> ModelConfig::load(const ModelFiles& files) {
  if (!files.has(kFile)) {
    return Error{ErrorKind::kIncomplete, files.label() + " has no config.json",
                 "fetch it from where the model came from"};
  }
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open(kFile));
  const ByteSpan bytes = view->bytes();
  if (bytes.size() > limits::kConfigBytesMax) {
    return Error{ErrorKind::kLimit,
                 std::string(kFile) + " has " + std::to_string(bytes.size()) + " bytes; at most " +
                     std::to_string(limits::kConfigBytesMax) + " are read",
                 kHint};
  }
  return parse(std::string(as_text(bytes)));
}

Result<ModelConfig> ModelConfig::parse(std::string text) {
  if (text.size() > limits::kConfigBytesMax) {
    return Error{ErrorKind::kLimit,
                 std::string(kFile) + " is longer than " + std::to_string(limits::kConfigBytesMax), kHint};
  }
  Result<JsonDocument> document = JsonDocument::parse(std::move(text), kFile);
  if (!document.ok()) {
    Error error = std::move(document).error();
    if (error.hint.empty()) error.hint = kHint;
    return error;
  }
  ModelConfig config(std::move(document).value());
  PANNIER_TRY(config.read_identity());
  return config;
}

Status ModelConfig::read_identity() {
  if (!root().is_object())
    return Error{ErrorKind::kCorrupt, std::string(kFile) + " is not a JSON object", kHint};
  const JsonValue type = root()["model_type"];
  if (type && !type.is_null()) {
    if (!type.is_string()) return config_error(ErrorKind::kCorrupt, type, "model_type", "is not text");
    model_type_ = *type.as_string();
  }
  const JsonValue architectures = root()["architectures"];
  if (!architectures || architectures.is_null()) return {};
  if (!architectures.is_array()) {
    return config_error(ErrorKind::kCorrupt, architectures, "architectures", "is not an array");
  }
  for (JsonValue architecture : architectures.elements()) {
    if (!architecture.is_string()) {
      return config_error(ErrorKind::kCorrupt, architecture, "architectures",
                          "holds something that is no text");
    }
    architectures_.emplace_back(*architecture.as_string());
  }
  return {};
}

Result<LabelConfig> read_labels(const ModelConfig& config) {
  const JsonValue root = config.root();
  LabelConfig result;
  PANNIER_ASSIGN(result.problem_type, read_problem_type(root));
  PANNIER_ASSIGN(const std::optional<uint64_t> count, read_label_count(root));
  const JsonValue id2label = root["id2label"];
  const bool has_names = id2label && !id2label.is_null();
  if (has_names && !id2label.is_object()) {
    return config_error(ErrorKind::kCorrupt, id2label, "id2label", "is not an object");
  }
  // transformers looks before `num_labels` replaces the names, so a disagreement hides this.
  const uint64_t stated = has_names ? id2label.size() : count.value_or(2);
  if (result.problem_type == ProblemType::kSingleLabel && stated == 1) {
    return config_error(ErrorKind::kCorrupt, root["problem_type"], "problem_type",
                        "is single_label_classification, which takes at least two labels, but there is one");
  }
  if (has_names && count.value_or(stated) == stated) {
    PANNIER_ASSIGN(result.labels, read_id2label(id2label));
  } else {
    result.labels = numbered_labels(count.value_or(2));
  }
  return result;
}

Result<uint32_t> ConfigReader::dimension(std::string_view key, uint32_t default_value, uint32_t max) const {
  const JsonValue value = root_[key];
  if (!value) return default_value;
  const std::optional<uint64_t> number = value.as_unsigned();
  if (!number || *number == 0) {
    return config_error(ErrorKind::kCorrupt, value, key, "is not a whole number above 0");
  }
  if (*number > max) {
    return config_error(ErrorKind::kLimit, value, key,
                        "is " + std::to_string(*number) + "; at most " + std::to_string(max) + " is read");
  }
  return static_cast<uint32_t>(*number);
}

Result<std::string> ConfigReader::word(std::string_view key, std::string_view default_value) const {
  const JsonValue value = root_[key];
  if (!value) return std::string(default_value);
  const std::optional<std::string_view> text = value.as_string();
  if (!text) return config_error(ErrorKind::kCorrupt, value, key, "is not text");
  return std::string(*text);
}

Result<bool> ConfigReader::flag(std::string_view key, bool default_value) const {
  const JsonValue value = root_[key];
  if (!value) return default_value;
  const std::optional<bool> flag = value.as_bool();
  if (!flag) return config_error(ErrorKind::kCorrupt, value, key, "is neither true nor false");
  return *flag;
}

Result<float> ConfigReader::epsilon(std::string_view key, float default_value) const {
  const JsonValue value = root_[key];
  if (!value) return default_value;
  const std::optional<double> number = value.as_number();
  if (!number || !(*number >= std::numeric_limits<float>::min()) || !(*number < 1)) {
    return config_error(ErrorKind::kCorrupt, value, key, "is not a number above 0 and below 1");
  }
  return static_cast<float>(*number);
}

}  // namespace pannier
