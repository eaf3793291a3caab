// Owns: the outermost header of a frame, chosen by link type.
// Knows nothing of: what IP carries.
#pragma once

#include "native/decode/rest.h"

namespace nettrace {

/// Decodes a whole frame of `link_type` (LINKTYPE_ registry, https://www.tcpdump.org/linktypes.html).
Outcome decode_link(int link_type, Rest frame, PacketView& view) noexcept;

}  // namespace nettrace
