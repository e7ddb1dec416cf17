// Result<T>: a value, or an Error that tells what was wrong, where, and what to do next.
//
// Outside bytes (files, arguments, later the network) never meet an assert or an exception across
// a module boundary: every function that may fail on them returns a Result. The kinds are few; one
// table (cli/exit_codes.cc) maps them to exit codes.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace pannier {

enum class ErrorKind {
  kInvalid,      // the caller's argument makes no sense (exit 2, usage)
  kCorrupt,      // bytes are not what their format or digest says
  kIncomplete,   // something that is needed is missing
  kUntrusted,    // a signature does not verify, or its key is not trusted
  kUnsigned,     // nobody signed it, and that was not allowed
  kStale,        // older than, or made for something else than, what is here
  kNotFound,     // no such ref, file, command
  kUnsupported,  // well-formed, but not something this version does
  kLimit,        // larger, deeper or longer than base/limits.h allows
  kIo,           // the operating system said no
  kNetwork,      // no answer, or none that is of use now
  kDenied,       // upstream does not let this user have it
  kInterrupted,  // the user or the system asked us to stop
};

// "corrupt", "not found", …: the word for messages and JSON.
const char* error_kind_name(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string message;  // what was wrong and where, with the value; one sentence, no final stop
  std::string hint;     // what to do next; may be empty

  // "MESSAGE" or "MESSAGE\n  hint: HINT".
  std::string to_string() const;
};

// The same error, with "WHERE: " before its message.
Error with_context(Error error, const std::string& where);

template <class T>
class [[nodiscard]] Result {
 public:
  // Implicit on purpose: `return value;` and `return Error{…};` both read well.
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // REQUIRES: ok().
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  // By value, so that `for (x : *make())` does not outlive what it walks over.
  T value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // REQUIRES: !ok().
  const Error& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& {
    assert(!ok());
    return *error_;
  }
  Error&& error() && {
    assert(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace pannier

#define PANNIER_CONCAT_INNER(a, b) a##b
#define PANNIER_CONCAT(a, b) PANNIER_CONCAT_INNER(a, b)

// PANNIER_TRY(status_expression): returns its error from the enclosing function.
#define PANNIER_TRY(expression)                                         \
  do {                                                                  \
    auto pannier_status = (expression);                                 \
    if (!pannier_status.ok()) return std::move(pannier_status).error(); \
  } while (false)

// PANNIER_ASSIGN(auto name, result_expression): unwraps the value, or returns the error.
#define PANNIER_ASSIGN(lhs, expression) \
  PANNIER_ASSIGN_INNER(PANNIER_CONCAT(pannier_result_, __LINE__), lhs, expression)
#define PANNIER_ASSIGN_INNER(result, lhs, expression) \
  auto result = (expression);                         \
  if (!result.ok()) return std::move(result).error(); \
  lhs = std::move(result).value()
