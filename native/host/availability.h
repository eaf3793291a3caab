// Owns: the three answers to the question whether a source of the kernel can be used here.
// Knows nothing of: the sources.
#pragma once

#include <cstdint>

#include "native/base/result.h"

namespace nettrace {

enum class Availability : uint8_t {
  kWorks,
  kNotSupported,  ///< this kernel, or this network namespace, does not have it
  kNotPermitted,  ///< it is there, for somebody with more capabilities
};

/// What an attempt to open a source says of it.
template <typename T>
Availability availability_of(const Result<T>& opened) noexcept {
  if (opened) return Availability::kWorks;
  return opened.error().code == ErrorCode::kNotPermitted ? Availability::kNotPermitted : Availability::kNotSupported;
}

}  // namespace nettrace
