// Runs another program as a child: a list of arguments and no shell, bounded output, an end when asked.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace pannier {

struct ProgramCall {
  // The first is the program: a path where it holds a '/', else a name that PATH finds.
  std::vector<std::string> arguments;
  std::string working_folder;  // empty: this process's own
  // The child has this process's environment but for the names of `dropped` (one that ends in '*' means
  // all that begin so); then `set` is put over it.
  std::vector<std::string> dropped;
  std::vector<std::pair<std::string, std::string>> set;
  uint64_t output_bytes_max = 64 * 1024 * 1024;  // of standard output
  uint64_t error_bytes_kept = 256 * 1024;        // of standard error; what comes after is dropped
  std::chrono::milliseconds time_max{0};         // 0: as long as it takes
  const std::atomic<bool>* cancel = nullptr;     // looked at 20 times a second
};

struct ProgramEnd {
  int exit_status = 0;  // 128 and the signal's number where a signal ended it, as shells say it
  std::string output;
  std::string errors;
};

// Runs the program to its end; standard input is empty. Where it has to be stopped, all of its process
// group is told so, and killed two seconds later. An exit status other than 0 is no error here.
//
// kNotFound: no such program; kIo: it cannot be started; kLimit: more output than allowed, or no end
// within time_max; kInterrupted.
Result<ProgramEnd> run_program(const ProgramCall& call);

}  // namespace pannier
