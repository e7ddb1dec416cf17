#include "carry/connected/wheels/pip_bootstrap.h"

#include <algorithm>

namespace pannier {
namespace {

struct Delivered {
  MajorMinor python;
  MajorMinor pip;
};

// Source: Lib/ensurepip/__init__.py of CPython at the tags v3.X.0. Later Pythons come with a pip that knows
// every tag of today.
constexpr Delivered kDelivered[] = {
    {{3, 6}, {9, 0}},   {{3, 7}, {10, 0}},  {{3, 8}, {19, 2}},  {{3, 9}, {20, 2}},
    {{3, 10}, {21, 2}}, {{3, 11}, {22, 3}}, {{3, 12}, {23, 2}}, {{3, 13}, {24, 2}},
};

}  // namespace

PythonTarget with_pip(PythonTarget target) {
  if (target.pip) return target;
  for (const Delivered& delivered : kDelivered) {
    if (delivered.python == target.python) target.pip = delivered.pip;
  }
  return target;
}

std::optional<MajorMinor> pip_needed(const std::vector<ChosenWheel>& wheels) {
  std::optional<MajorMinor> out;
  for (const ChosenWheel& wheel : wheels) {
    if (wheel.fit.pip && (!out || *out < *wheel.fit.pip)) out = wheel.fit.pip;
  }
  return out;
}

std::string python_command(const PythonTarget& target) {
  return (target.system == TargetSystem::kWindows ? "py -" : "python") + target.python.text();
}

std::string bootstrap_line(const PythonTarget& target) {
  return python_command(target) + " -m pip install --no-index --find-links . --upgrade pip";
}

}  // namespace pannier
