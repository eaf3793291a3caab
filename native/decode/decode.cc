// Owns: the start of decoding: an empty PacketView and the frame as it was tapped.
// Knows nothing of: any header; the first one is found by link.cc.
#include "native/decode/decode.h"

#include <algorithm>

#include "native/decode/link.h"
#include "native/decode/rest.h"

namespace nettrace {

PacketView decode_frame(int link_type, Bytes frame, uint32_t wire_length, int64_t timestamp_ns) noexcept {
  PacketView view;
  view.timestamp_ns = timestamp_ns;
  view.wire_length = wire_length;
  // A damaged file may claim less than it holds; the bytes are there.
  const uint64_t length = std::max<uint64_t>(wire_length, frame.size());
  const uint64_t limit = UINT32_MAX;
  view.outcome = decode_link(link_type, Rest(frame, static_cast<uint32_t>(std::min(length, limit))), view);
  return view;
}

}  // namespace nettrace
