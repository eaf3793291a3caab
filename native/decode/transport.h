// Owns: transport headers.
// Knows nothing of: IP versions, tunnels and what the payload is.
#pragma once

#include "native/decode/rest.h"

namespace nettrace {

/// Decodes the header of `protocol` (IP protocol number) at the start of `rest`, which ends where the packet ends.
/// Protocols without ports (GRE, ESP, IPIP, OSPF, ...) are kOk with their number and payload length.
Outcome decode_transport(Rest rest, uint8_t protocol, PacketView& view) noexcept;

}  // namespace nettrace
