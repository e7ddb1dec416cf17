#include "carry/connected/wheels/models_against_wheels.h"

#include <fmt/core.h>

#include "base/display.h"
#include "base/json.h"
#include "format/python_version.h"

namespace pannier {
namespace {

// What tokenizers saved by transformers 5 are called, which earlier ones do not know and refuse to load.
constexpr const char* kClassesOf5[] = {"TokenizersBackend", "SentencePieceBackend", "PythonBackend"};

std::string text_member(JsonValue object, std::string_view key) {
  return std::string(object[key].as_string().value_or(""));
}

Result<std::string> read_member(const std::string& name, const char* file, std::string_view text,
                                std::string_view key) {
  if (text.empty()) return std::string();
  const std::string what = name + ": " + file;
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(text, what));
  if (!document.root().is_object()) {
    return Error{ErrorKind::kCorrupt, for_message(what) + " is no JSON object", ""};
  }
  return text_member(document.root(), key);
}

const LockedWheel* find_package(const LockedWheelhouse& house, std::string_view package) {
  for (const LockedWheel& wheel : house.wheels) {
    if (wheel.package == package) return &wheel;
  }
  return nullptr;
}

bool is_class_of_5(const std::string& tokenizer_class) {
  for (const char* name : kClassesOf5) {
    if (tokenizer_class == name) return true;
  }
  return false;
}

uint64_t major_of(const std::string& version) {
  const auto parsed = PackageVersion::parse(version);
  return parsed.ok() ? parsed->release[0] : 0;
}

// Empty where they go together as far as anyone can tell.
std::string trouble(const ModelFacts& model, const LockedWheelhouse& house) {
  const LockedWheel* transformers = find_package(house, "transformers");
  if (transformers == nullptr) return "";
  const uint64_t carried = major_of(transformers->version);
  if (carried == 0) return "";
  const std::string both = fmt::format("{} and the wheels for {}: ", for_display(model.name), house.target);
  if (is_class_of_5(model.tokenizer_class) && carried < 5) {
    return fmt::format(
        "{}its tokenizer was saved by transformers 5 ({}), and does not load in the transformers {} that is "
        "carried; a target with Python 3.10 or newer gets transformers 5",
        both, model.tokenizer_class, transformers->version);
  }
  if (major_of(model.transformers_version) > carried) {
    return fmt::format(
        "{}it was saved by transformers {}, which is newer than the {} that is carried: try it before it "
        "crosses",
        both, for_message(model.transformers_version), transformers->version);
  }
  return "";
}

}  // namespace

Result<ModelFacts> read_model_facts(std::string name, std::string_view tokenizer_config,
                                    std::string_view config) {
  ModelFacts out;
  PANNIER_ASSIGN(out.tokenizer_class,
                 read_member(name, "tokenizer_config.json", tokenizer_config, "tokenizer_class"));
  PANNIER_ASSIGN(out.transformers_version, read_member(name, "config.json", config, "transformers_version"));
  out.name = std::move(name);
  return out;
}

std::vector<std::string> check_models_against_wheels(const std::vector<ModelFacts>& models,
                                                     const std::vector<LockedWheelhouse>& wheelhouses) {
  std::vector<std::string> out;
  for (const ModelFacts& model : models) {
    for (const LockedWheelhouse& house : wheelhouses) {
      if (std::string text = trouble(model, house); !text.empty()) out.push_back(std::move(text));
    }
  }
  return out;
}

}  // namespace pannier
