#include "native/decode/segments.h"

#include <netinet/in.h>

#include <algorithm>

namespace nettrace {
namespace {

constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kTcpHeader = 20;

/// Bytes from the start of the frame to the payload that is cut into segments; 0 where that is not known.
uint32_t header_length(const Frame& frame, const PacketView& view) noexcept {
  const Segmentation& how = frame.segmentation;
  const bool tcp = how.kind == Segmentation::Kind::kTcp;
  if (how.transport_offset != 0) {
    if (!tcp) return how.transport_offset + kUdpHeader;
    const uint32_t options = (frame.bytes.u8(how.transport_offset + 12u) >> 4) * 4u;
    return how.transport_offset + std::max(options, kTcpHeader);
  }
  const bool decoded = view.protocol == (tcp ? IPPROTO_TCP : IPPROTO_UDP) && view.payload_length != 0;
  // A super-frame has no padding: its payload is its end.
  return decoded ? frame.length - view.payload_length : 0;
}

/// The hop-by-hop header that tells the length of an IPv6 packet above 65575 bytes (BIG TCP) is in no segment.
uint32_t jumbo_header(const Frame& frame, const PacketView& view) noexcept {
  constexpr uint32_t kFixedHeader = 40;
  constexpr uint32_t kJumboHeader = 8;
  if (view.ip_version != 6 || view.ip_length <= UINT16_MAX + kFixedHeader || view.ip_length > frame.length) return 0;
  const uint32_t ip = frame.length - view.ip_length;
  const bool hop_by_hop = frame.bytes.has(ip, kFixedHeader) && frame.bytes.u8(ip + 6u) == 0;
  return hop_by_hop ? kJumboHeader : 0;
}

}  // namespace

void count_segments(const Frame& frame, PacketView& view) noexcept {
  view.frame_length = frame.length - std::min<uint32_t>(frame.inserted, frame.length);
  view.wire_length = frame.length;
  view.segments = 1;
  if (frame.segmentation.kind == Segmentation::Kind::kNone || frame.segmentation.segment_size == 0) [[likely]]
    return;
  const uint32_t headers = header_length(frame, view);
  if (headers == 0 || headers >= frame.length) return;
  const uint32_t payload = frame.length - headers;
  const uint32_t segment = frame.segmentation.segment_size;
  view.segments = (payload - 1) / segment + 1;
  const uint64_t repeated = uint64_t{view.segments} * (headers - std::min(jumbo_header(frame, view), headers));
  view.wire_length = static_cast<uint32_t>(std::min<uint64_t>(payload + repeated, UINT32_MAX));
}

}  // namespace nettrace
