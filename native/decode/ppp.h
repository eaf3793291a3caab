// Owns: PPP, alone or in PPPoE.
// Knows nothing of: the link below and the IP above.
#pragma once

#include "native/decode/rest.h"

namespace nettrace {

/// PPP from its protocol field on, with or without HDLC address and control bytes before it (RFC 1661, RFC 1662).
Outcome decode_ppp(Rest rest, PacketView& view) noexcept;

/// PPPoE from its version byte on (RFC 2516).
Outcome decode_pppoe(Rest rest, PacketView& view) noexcept;

}  // namespace nettrace
