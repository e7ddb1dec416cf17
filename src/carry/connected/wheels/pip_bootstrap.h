// pip_bootstrap: a newer pip for machines whose own refuses the wheels that are meant for them.
//
// An old pip does not know young tags (manylinux_2_28, musllinux) and says "not a supported wheel on this
// platform", although the wheel would run. A pip is a wheel of its own that any pip installs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "carry/connected/wheels/wheel_choice.h"
#include "format/python_target.h"

namespace pannier {

// The target with its pip said: as written, else the oldest that its Python was ever delivered with (what
// `ensurepip` of its X.Y.0 installs: 20.2 for 3.9; distributions ship that or a later one).
PythonTarget with_pip(PythonTarget target);

// The oldest pip that knows the tags of all chosen wheels, where that of the target (with_pip) does not.
std::optional<MajorMinor> pip_needed(const std::vector<ChosenWheel>& wheels);

// How that machine calls its Python: "python3.9", on Windows "py -3.9".
std::string python_command(const PythonTarget& target);

// The line that installs the carried pip, run where the wheels lie.
std::string bootstrap_line(const PythonTarget& target);

}  // namespace pannier
