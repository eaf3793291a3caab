// Owns: IPv4 and IPv6 headers, extension headers and fragments.
// Knows nothing of: the link below; transport headers are handed on.
#pragma once

#include "native/decode/rest.h"

namespace nettrace {

/// IPv4 or IPv6 by the version in its first nibble, for links that carry nothing else.
Outcome decode_ip(Rest rest, PacketView& view) noexcept;

/// RFC 791. A total length of 0 is that of an offloaded packet above 65535 bytes (BIG TCP): the frame's length counts.
Outcome decode_ipv4(Rest rest, PacketView& view) noexcept;

/// RFC 8200, with jumbograms (RFC 2675).
Outcome decode_ipv6(Rest rest, PacketView& view) noexcept;

/// Walks the headers between IP and transport, from a header of type `next` on: all of IPv6's, and AH on IPv4.
/// Sets protocol, fragment fields and what the transport header gives.
Outcome decode_ip_payload(Rest rest, uint8_t next, PacketView& view) noexcept;

/// Where a packet lies in its datagram.
struct FragmentPosition {
  uint32_t id = 0;
  uint32_t offset = 0;  ///< in bytes
  bool more = false;    ///< it is not the last
};

/// Sets the fragment fields of a packet that carries `length` bytes of its datagram. An offset of 0 without more to
/// come is a whole packet (RFC 6946 calls it atomic).
Outcome note_fragment(const FragmentPosition& position, uint32_t length, PacketView& view) noexcept;

}  // namespace nettrace
