// Owns: Frame, one captured frame and what the kernel says beside it; the hand-over from capture to decode.
// Knows nothing of: devices, files and rings.
#pragma once

#include <cstdint>

#include "native/base/bytes.h"
#include "native/decode/packet_view.h"

namespace nettrace {

/// What a super-frame consists of: the kernel hands a device several segments as one frame (TSO, GSO), and puts
/// received ones together (GRO, LRO). Only a capture with struct virtio_net_hdr (linux/virtio_net.h) knows.
struct Segmentation {
  enum class Kind : uint8_t { kNone, kTcp, kUdp };
  Kind kind = Kind::kNone;
  uint16_t segment_size = 0;  ///< most payload bytes of one segment (gso_size)
  /// Offset in the frame of the transport header that is repeated: in a tunnel the innermost. 0 where the kernel does
  /// not say (csum_start of a frame whose checksum is done).
  uint16_t transport_offset = 0;
};

/// One captured frame; `bytes` is valid only during the callback.
struct Frame {
  Bytes bytes;
  uint32_t length = 0;       ///< of the whole frame, of which `bytes` may be the beginning
  int64_t timestamp_ns = 0;  ///< CLOCK_REALTIME
  int link_type = 0;  ///< LINKTYPE_ value, asked of the handle (pcapng: of the packet's interface), never guessed
  /// Bytes of `length` that the frame did not have where it was tapped: a VLAN tag that the kernel keeps beside it.
  uint8_t inserted = 0;
  PacketType packet_type = PacketType::kUnknown;  ///< the kernel's own word on the direction
  Segmentation segmentation{};
};

}  // namespace nettrace
