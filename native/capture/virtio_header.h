// Owns: struct virtio_net_hdr, which linux/virtio_net.h declares in a way that C++ compilers of older systems refuse.
// Knows nothing of: rings.
#pragma once

#include <cstdint>

namespace nettrace {

/// What PACKET_VNET_HDR puts before a frame (linux/virtio_net.h), in the byte order of the host.
struct VirtioHeader {
  static constexpr uint8_t kNeedsChecksum = 1;  ///< checksum_start and checksum_offset are set
  static constexpr uint8_t kTcp4 = 1, kTcp6 = 4, kUdp = 5;
  static constexpr uint8_t kEcn = 0x80;  ///< or-ed to the TCP ones

  uint8_t flags = 0;
  uint8_t segmentation = 0;   ///< gso_type; 0: none
  uint16_t header_hint = 0;   ///< hdr_len: of the frame's linear part, which may be more than its headers
  uint16_t segment_size = 0;  ///< gso_size
  uint16_t checksum_start = 0;
  uint16_t checksum_offset = 0;
};
static_assert(sizeof(VirtioHeader) == 10);

}  // namespace nettrace
