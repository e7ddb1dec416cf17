// wheel_plan: which wheels a machine that is not this one needs, before a byte of them is fetched.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/wheels/index_config.h"
#include "carry/connected/wheels/uv.h"
#include "format/lock_file.h"
#include "format/python_target.h"
#include "net/client/http.h"
#include "net/client/retry.h"

namespace pannier {

// What planning and fetching work with. The references must outlive it.
struct WheelTools {
  FileSystem& fs;
  HttpClient& client;
  Uv uv;
  IndexConfig index;
  std::string work_folder;  // made where missing: uv's input, built wheels
  RetryPolicy retry;
  const std::atomic<bool>* cancel = nullptr;
  Environment environment = process_environment();
};

// The answer to a TorchQuestion that takes whatever the index has.
inline constexpr const char* kTorchFromIndex = "default";

struct WheelRequest {
  std::vector<std::string> requirements;       // "transformers[torch]"
  std::vector<std::string> requirement_files;  // paths; what they include is read too
  std::vector<PythonTarget> targets;           // several plans in one; none twice
  std::string torch;                           // "cpu", "cu126", …, kTorchFromIndex; empty: not chosen
  bool build_sdists = false;                   // build packages without a wheel, for this machine only
};

struct PlannedWheel {
  LockedWheel wheel;
  std::string local_path;      // where it lies on this machine already; empty: fetch wheel.url
  bool pip_bootstrap = false;  // carried only so that the target's pip understands the others
};

struct TargetPlan {
  PythonTarget target;
  std::vector<std::string> requirements;  // the roots, those of files included
  std::vector<PlannedWheel> wheels;       // sorted by package, then file name
  std::vector<std::string> warnings;
  std::string bootstrap;  // the line to run first on the far side; empty where its pip will do

  uint64_t total_bytes() const;
  // As pannier.lock keeps it; notes hold the bootstrap line.
  LockedWheelhouse locked() const;
};

// torch comes with gigabytes of CUDA libraries and nobody said whether they are wanted: ask, and plan again
// with `torch` set.
struct TorchQuestion {
  std::string target;
  std::string torch_version;
  uint64_t torch_bytes = 0;
  std::vector<std::string> cuda_packages;  // "nvidia-cublas 13.4.1.3"
  uint64_t cuda_bytes = 0;
  std::vector<std::string> choices;  // for `torch`: "cpu", "cu126", …, kTorchFromIndex; the first is ours
  std::string local_cpu_wheel;  // a wheel of the CPU build that lies in a find-links folder; may be empty

  // One paragraph for people: what would be carried, and the choices.
  std::string text() const;
};

struct WheelPlan {
  std::vector<TargetPlan> targets;  // in the order asked for
  std::vector<TorchQuestion> torch_questions;
  std::vector<std::string> notes;  // where packages come from, which constraints apply
};

// Resolves for each target. kInvalid: no solution (uv's explanation, with the target), requirements that are
// none, a package without a wheel for the target (each named); kUnsupported: an index without SHA-256,
// builds for another machine; kNetwork, kDenied, kLimit, kInterrupted.
Result<WheelPlan> plan_wheels(const WheelTools& tools, const WheelRequest& request);

}  // namespace pannier
