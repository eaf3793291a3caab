// Owns: what is left of a frame while it is decoded: the captured bytes, and the length they had on the link.
// Knows nothing of: protocols. It is what tells "cut off by the capture" from "the packet is too short".
#pragma once

#include <cstdint>
#include <type_traits>

#include "native/base/bytes.h"
#include "native/decode/packet_view.h"

namespace nettrace {

/// Captured bytes and true length of the rest of a packet. Never holds more bytes than its length. 16 bytes, so that it
/// travels from header to header in two registers.
class Rest {
 public:
  constexpr Rest(Bytes bytes, uint32_t length) noexcept
      : data_(bytes.data()),
        captured_(bytes.size() < length ? static_cast<uint32_t>(bytes.size()) : length),
        length_(length) {}

  constexpr Bytes bytes() const noexcept { return Bytes(data_, captured_); }
  constexpr uint32_t length() const noexcept { return length_; }
  /// True if the first `count` bytes were captured.
  constexpr bool has(uint32_t count) const noexcept { return count <= captured_; }

  /// Names the failure where has(count) is false: whether the capture or the packet ends first.
  constexpr Outcome ends_within(uint32_t count, Outcome truncated, Outcome too_short) const noexcept {
    return length_ < count ? too_short : truncated;
  }
  /// What follows the first `count` bytes; empty if there is nothing.
  constexpr Rest after(uint32_t count) const noexcept {
    return Rest(bytes().from(count), count < length_ ? length_ - count : 0);
  }
  /// The rest without what lies beyond `count` bytes (padding, a trailer).
  constexpr Rest first(uint32_t count) const noexcept { return Rest(bytes(), count < length_ ? count : length_); }

 private:
  const uint8_t* data_;
  uint32_t captured_;
  uint32_t length_;
};
static_assert(sizeof(Rest) == 16 && std::is_trivially_copyable_v<Rest>);

/// The outcome of a frame is the first thing that was wrong with it.
constexpr Outcome first_wrong(Outcome earlier, Outcome later) noexcept {
  return earlier != Outcome::kOk ? earlier : later;
}

}  // namespace nettrace
