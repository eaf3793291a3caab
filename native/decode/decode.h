// Owns: the door to the decoder: captured bytes of one frame in, PacketView out.
// Knows nothing of: where the bytes came from and what becomes of the result.
#pragma once

#include <cstdint>

#include "native/base/bytes.h"
#include "native/decode/packet_view.h"

namespace nettrace {

/// Decodes one frame. `link_type` is a LINKTYPE_/DLT_ value as pcap_datalink(3PCAP) gives it; `wire_length` is the
/// length on the link, of which `frame` may hold only the beginning (snaplen). Never fails: `outcome` says how it
/// ended. Reads only inside `frame`; takes a bounded number of steps for any input.
PacketView decode_frame(int link_type, Bytes frame, uint32_t wire_length, int64_t timestamp_ns) noexcept;

/// True if frames of this link type are decoded; otherwise their bytes are counted and nothing is guessed.
bool link_type_is_decoded(int link_type) noexcept;

}  // namespace nettrace
