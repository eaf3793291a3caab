// Owns: Result<T>, the only way a function of the core reports failure, and the Error that travels in it.
// Knows nothing of: JavaScript, logging, or what a caller does about the failure.
#pragma once

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace nettrace {

/// Every failure the core can report; `error_code.def` gives name, text and advice.
enum class ErrorCode : uint16_t {
#define NETTRACE_ERROR(name, text) name,
#include "native/base/error_code.def"
#undef NETTRACE_ERROR
};

/// The stable upper-case name that crosses into JavaScript as `NativeError.code`, e.g. "DEVICE_NOT_FOUND".
std::string_view error_code_name(ErrorCode code) noexcept;

/// One sentence without the subject, e.g. "no such network device".
std::string_view error_code_text(ErrorCode code) noexcept;

/// What went wrong, where, and with what. `subject` is the device, file or option concerned and may hold foreign text.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  const char* syscall = "";  ///< static string, e.g. "socket"; empty where no system call failed
  int number = 0;            ///< errno of that call, 0 if none
  std::string subject{};
  std::string detail{};  ///< text of a library (libpcap), empty if none

  /// An Error for a system call that has just failed; takes errno.
  static Error from_errno(ErrorCode code, const char* syscall, std::string subject = {}) {
    return Error{code, syscall, errno, std::move(subject), {}};
  }
};

/// A value or an Error. Nothing in the core throws; `value()` may be called only after a check.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  T& value() & noexcept { return *std::get_if<0>(&state_); }
  const T& value() const& noexcept { return *std::get_if<0>(&state_); }
  T&& value() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  Error& error() noexcept { return *std::get_if<1>(&state_); }
  const Error& error() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return ok(); }
  Error& error() noexcept { return *error_; }
  const Error& error() const noexcept { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace nettrace
