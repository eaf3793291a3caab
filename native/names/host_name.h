// Owns: a host name as a value: lower case, of bounded length, of the characters that host names have.
// Knows nothing of: where it was read.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "native/base/bytes.h"

namespace nettrace {

/// A host name in presentation form, `www.example.org`: labels of letters, digits, `-` and `_` (RFC 952, RFC 1123 2.1;
/// `_` is met in service names), 63 bytes each, 253 together (RFC 1035 2.3.4), joined by dots. What else the wire holds
/// is no host's name and is refused, so that no foreign byte comes further than this.
class HostName {
 public:
  static constexpr size_t kLongest = 253;
  static constexpr size_t kLongestLabel = 63;

  std::string_view text() const noexcept { return {characters_.data(), length_}; }
  bool empty() const noexcept { return length_ == 0; }
  void clear() noexcept { length_ = 0; }

  /// Appends one label; false, and nothing appended, if it is not one or does not fit.
  bool add_label(Bytes label) noexcept;
  /// Takes a whole name, as TLS writes it: without a trailing dot, and no address (RFC 6066, 3). False if it is not
  /// one.
  bool assign(Bytes name) noexcept;

  friend bool operator==(const HostName& left, const HostName& right) noexcept { return left.text() == right.text(); }

 private:
  std::array<char, kLongest> characters_;  // only the first length_ are set
  uint8_t length_ = 0;
};
static_assert(std::is_trivially_copyable_v<HostName>);

}  // namespace nettrace
