// Owns: how many segments a super-frame is on the wire, and how many bytes they have there.
// Knows nothing of: who cuts it; Frame says how.
#pragma once

#include "native/decode/frame.h"

namespace nettrace {

/// Sets frame_length, wire_length and segments of a frame that has been decoded into `view`. All headers from the link
/// layer through the innermost transport header are repeated in every segment; so is a VLAN tag. Exact for TCP and UDP,
/// also in tunnels. Limits: what a segment gets on its way that the frame does not have (the ESP trailer of offloaded
/// IPsec) is not counted; where the snaplen cuts off a tunnelled TCP header its options are not either; a tunnelled
/// frame whose kernel does not say where the inner header starts (hardware LRO, not GRO) counts as one segment.
void count_segments(const Frame& frame, PacketView& view) noexcept;

}  // namespace nettrace
