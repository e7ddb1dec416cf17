// torch_choice: which build of torch is carried, and what the default one drags along.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/connected/wheels/index_config.h"
#include "carry/connected/wheels/requirement_roots.h"
#include "carry/connected/wheels/wheel_plan.h"

namespace pannier {

// How a choice is put to uv for one target: one of the two, or neither.
struct TorchSelection {
  std::string constraint;  // "torch==2.13.0+cpu", where a find-links folder holds that build
  std::string backend;     // uv's --torch-backend
  std::string note;        // for people; may be empty
};

// kInvalid for a choice that is no name of a build ("cpu", "cu126", "rocm6.4", "xpu", kTorchFromIndex).
Status check_torch_choice(const std::string& choice);

// A wheel of torch in a find-links folder that is of the chosen build, fits the target and what the roots say
// of torch comes first, the newest of them; then uv's backends. On Windows and macOS the index has the CPU
// build alone, so "cpu" needs nothing there.
Result<TorchSelection> select_torch(FileSystem& fs, const IndexConfig& config, const PythonTarget& target,
                                    const RequirementRoots& roots, const std::string& choice);

// A question, where the plan holds torch and CUDA packages.
std::optional<TorchQuestion> torch_question(FileSystem& fs, const IndexConfig& config, const TargetPlan& plan,
                                            const RequirementRoots& roots);

}  // namespace pannier
