// Owns: the start of decoding: an empty PacketView and the frame as it was tapped.
// Knows nothing of: any header; the first one is found by link.cc.
#include "native/decode/decode.h"

#include <algorithm>

#include "native/decode/link.h"
#include "native/decode/rest.h"
#include "native/decode/segments.h"

namespace nettrace {

PacketView decode_frame(const Frame& frame) noexcept {
  PacketView view;
  view.timestamp_ns = frame.timestamp_ns;
  view.packet_type = frame.packet_type;
  // A damaged file may claim less than it holds; the bytes are there.
  const uint64_t length = std::max<uint64_t>(frame.length, frame.bytes.size());
  const uint64_t limit = UINT32_MAX;
  view.outcome = decode_link(frame.link_type, Rest(frame.bytes, static_cast<uint32_t>(std::min(length, limit))), view);
  if (view.payload_offset != 0) view.payload_offset -= frame.bytes.place();
  count_segments(frame, view);
  return view;
}

}  // namespace nettrace
