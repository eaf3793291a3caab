// Owns: bounds-checked reads of packet bytes. The only pointer arithmetic on foreign bytes in the tree.
// Knows nothing of: protocols. A read past the end gives no value; it never touches memory outside the span.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace nettrace {

/// A view of captured bytes with checked access. Offsets are from the view's own start.
class Bytes {
 public:
  constexpr Bytes() noexcept = default;
  constexpr explicit Bytes(std::span<const uint8_t> data) noexcept : data_(data) {}
  constexpr Bytes(const uint8_t* data, size_t size) noexcept : data_(data, size) {}

  constexpr size_t size() const noexcept { return data_.size(); }
  /// The first byte, to hand the view on; null where it is empty by default. Offsets go through the reads below.
  constexpr const uint8_t* data() const noexcept { return data_.data(); }
  /// Where it starts, to be compared with the place of another view of the same bytes: the low half of its address.
  uint32_t place() const noexcept { return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(data_.data())); }
  constexpr bool has(size_t offset, size_t length) const noexcept {
    return offset <= data_.size() && length <= data_.size() - offset;
  }

  /// Big-endian reads. Callers check `has` first where a group of fields is read; each read checks again and gives 0
  /// past the end, so that a missed check is a wrong number and never an over-read.
  uint8_t u8(size_t offset) const noexcept { return has(offset, 1) ? data_[offset] : 0; }
  uint16_t u16(size_t offset) const noexcept {
    uint16_t value = 0;
    if (!has(offset, sizeof value)) return 0;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return __builtin_bswap16(value);
  }
  uint32_t u32(size_t offset) const noexcept {
    uint32_t value = 0;
    if (!has(offset, sizeof value)) return 0;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return __builtin_bswap32(value);
  }
  /// Host-endian read, for link types whose header is written in the byte order of the capturing host (NULL).
  uint32_t u32_host(size_t offset) const noexcept {
    uint32_t value = 0;
    if (!has(offset, sizeof value)) return 0;
    std::memcpy(&value, data_.data() + offset, sizeof value);
    return value;
  }
  /// Six bytes as the low 48 bits of an integer, e.g. a MAC address; 0 past the end.
  uint64_t u48(size_t offset) const noexcept {
    return has(offset, 6) ? (uint64_t{u16(offset)} << 32) | u32(offset + 2) : 0;
  }
  /// Copies `length` bytes to `target`; false, and nothing copied, if they are not all there.
  bool copy(size_t offset, void* target, size_t length) const noexcept {
    if (!has(offset, length)) return false;
    if (length == 0) return true;  // memcpy(3) may not be given the null pointer of an empty view
    std::memcpy(target, data_.data() + offset, length);
    return true;
  }

  /// The rest from `offset`; empty past the end.
  constexpr Bytes from(size_t offset) const noexcept {
    return Bytes(data_.subspan(offset <= data_.size() ? offset : data_.size()));
  }
  /// At most the first `length` bytes.
  constexpr Bytes first(size_t length) const noexcept {
    return Bytes(data_.first(length < data_.size() ? length : data_.size()));
  }

 private:
  std::span<const uint8_t> data_;
};

}  // namespace nettrace
