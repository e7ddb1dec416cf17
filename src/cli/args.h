// Args: declares a command's arguments, parses its words, and prints its help.
//
// A thin front over CLI11, which is slow to compile and lives in args.cc alone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace pannier {

class Args {
 public:
  explicit Args(const Command& command);
  ~Args();
  Args(const Args&) = delete;
  Args& operator=(const Args&) = delete;

  // Targets keep their value where the argument is not given, and must outlive `parse`.
  // `names` as "-m,--model"; `value` is the placeholder in help.
  void flag(const char* names, bool& target, const char* help);
  void option(const char* names, const char* value, std::string& target, const char* help);
  void option(const char* names, const char* value, std::optional<uint32_t>& target, const char* help);
  // May be given several times; each takes one value.
  void option(const char* names, const char* value, std::vector<std::string>& target, const char* help);
  void positional(const char* name, std::string& target, const char* help, bool required);
  void positionals(const char* name, std::vector<std::string>& target, const char* help, bool required);

  // True: go on. False: help was asked for and printed. kInvalid with a hint otherwise.
  // --help, --json and --quiet are declared for every command.
  Result<bool> parse(std::span<const std::string> words);

  bool json() const;
  // A usage error of this command, with the hint to read its help.
  Error usage_error(const std::string& message, const std::string& hint = "") const;

 private:
  struct State;
  void print_help() const;
  std::unique_ptr<State> state_;
};

// The candidate nearest to `word` by edit distance, empty where none is near: for "did you mean".
std::string nearest(const std::string& word, std::span<const std::string> candidates);

}  // namespace pannier
