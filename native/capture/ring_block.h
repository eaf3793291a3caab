// Owns: the layout of a TPACKET_V3 ring: frames of a block, with the virtio header before each. Pure, on bytes in
// memory. Knows nothing of: sockets, who fills the block and when it is handed back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "native/decode/frame.h"

namespace nettrace {

/// How the frames of one device look in its ring.
struct RingFormat {
  int link_type = 0;      ///< LINKTYPE_ value
  bool has_link = true;   ///< false: frames start at the network header, whatever the driver puts before it
  bool loopback = false;  ///< outgoing frames are second copies and left out
};

/// Reads a block that the kernel has handed over (Documentation/networking/packet_mmap.rst, net/packet/af_packet.c).
/// Nothing outside the block is read or written, whatever it holds.
class RingBlock {
 public:
  RingBlock() noexcept = default;
  /// `block` stays with the caller; next() writes VLAN tags into it.
  explicit RingBlock(std::span<uint8_t> block) noexcept;

  /// The next frame; false where there is none left. Frames that the kernel counted as dropped after it had made room
  /// for them, and outgoing copies on loopback, are passed over. `frame.bytes` is valid until the block is given back.
  bool next(const RingFormat& format, Frame& frame) noexcept;

 private:
  std::span<uint8_t> block_;
  uint32_t frames_ = 0;  ///< not read yet
  size_t offset_ = 0;    ///< of the next frame's header
};

}  // namespace nettrace
