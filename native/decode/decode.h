// Owns: the door to the decoder: captured bytes of one frame in, PacketView out.
// Knows nothing of: where the bytes came from and what becomes of the result.
#pragma once

#include <cstdint>

#include "native/base/bytes.h"
#include "native/decode/frame.h"
#include "native/decode/packet_view.h"

namespace nettrace {

/// Decodes one frame. Never fails: `outcome` says how it ended. Reads only inside `frame.bytes`; takes a bounded number
/// of steps for any input.
PacketView decode_frame(const Frame& frame) noexcept;

/// The same for a frame of which nothing but its bytes is known: a file, libpcap.
inline PacketView decode_frame(int link_type, Bytes bytes, uint32_t length, int64_t timestamp_ns) noexcept {
  return decode_frame(Frame{bytes, length, timestamp_ns, link_type});
}

/// True if frames of this link type are decoded; otherwise their bytes are counted and nothing is guessed.
bool link_type_is_decoded(int link_type) noexcept;

}  // namespace nettrace
