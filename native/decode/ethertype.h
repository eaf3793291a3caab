// Owns: what follows an ethertype: VLAN and other tags, 802.2 LLC and SNAP, MPLS.
// Knows nothing of: which link type the ethertype stood in.
#pragma once

#include "native/decode/rest.h"

namespace nettrace {

/// Smaller values in the place of an ethertype are the length of an 802.2 frame (IEEE 802.3, 3.2.6).
constexpr uint16_t kEthertypeMinimum = 0x0600;

/// Decodes what follows `ethertype`; sets view.ethertype (innermost) and view.vlan_id (outermost).
Outcome decode_ethertype(Rest rest, uint16_t ethertype, PacketView& view) noexcept;

/// Decodes an 802.2 LLC frame, with or without SNAP (RFC 1042).
Outcome decode_llc(Rest rest, PacketView& view) noexcept;

/// Decodes an MPLS label stack of at most eight labels and the IP packet behind it (RFC 3032).
Outcome decode_mpls(Rest rest, PacketView& view) noexcept;

}  // namespace nettrace
