// sdist_build: a wheel made from a package's source, for targets that are like this machine.
//
// Building runs the package's own code, so it happens only where the user asked for it (--build-sdists).
#pragma once

#include <atomic>
#include <string>

#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/wheels/wheel_choice.h"
#include "carry/connected/wheels/wheel_plan.h"

namespace pannier {

// What `pythonX.Y` of this machine is, as a target with its patch release. kNotFound where there is none.
Result<PythonTarget> this_machine(MajorMinor python, const std::atomic<bool>* cancel);

// kUnsupported where a wheel built here would not run on the target: another system, machine or Python, or
// an older libc than ours.
Status check_can_build(const PythonTarget& target, const PythonTarget& here);

// Builds with `pip wheel` in an environment of its own, from the sdist whose SHA-256 the index gave. The
// wheel lies in `work_folder`. kUnsupported where the build fails, with the end of what it said.
Result<ChosenWheel> build_wheel(const WheelTools& tools, const PylockPackage& package,
                                const TargetTags& tags);

}  // namespace pannier
