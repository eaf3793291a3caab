#include "native/engine/stream_tally.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include <algorithm>

namespace nettrace {
namespace {

/// RFC 7323, 3.2: ten bytes and two of padding.
constexpr uint32_t kTimestampOption = 12;
/// The payload of the largest super-frame, nearly (GSO_LEGACY_MAX_SIZE in include/linux/netdevice.h).
constexpr uint64_t kLargestFrame = 65'536;

}  // namespace

uint32_t stream_header_bytes(bool v4, bool timestamps) noexcept {
  const size_t ip = v4 ? sizeof(iphdr) : sizeof(ip6_hdr);
  return static_cast<uint32_t>(ip + sizeof(tcphdr)) + (timestamps ? kTimestampOption : 0);
}

bool StreamTally::advance(const StreamCounts& now, bool v4) noexcept {
  if (now.bytes_sent < last_.bytes_sent || now.bytes_received < last_.bytes_received ||
      now.bytes_retransmitted < last_.bytes_retransmitted) {
    return false;
  }
  const uint32_t header = stream_header_bytes(v4, now.timestamps);
  // Counts of segments have 32 bits: their difference is right when they go round.
  const auto add = [&](Direction& sums, uint64_t payload, uint32_t segments, uint32_t data_segments) {
    sums.payload += payload;
    sums.segments += segments;
    sums.data_segments += data_segments;
    sums.header_bytes += uint64_t{segments} * header;
  };
  add(sent_, now.bytes_sent - last_.bytes_sent, now.segments_sent - last_.segments_sent,
      now.data_segments_sent - last_.data_segments_sent);
  add(received_, now.bytes_received - last_.bytes_received, now.segments_received - last_.segments_received,
      now.data_segments_received - last_.data_segments_received);
  retransmitted_bytes_ += now.bytes_retransmitted - last_.bytes_retransmitted;
  retransmitted_packets_ += now.retransmissions - last_.retransmissions;
  last_ = now;
  return true;
}

WayCounters StreamTally::way_of(const Direction& sums) noexcept {
  WayCounters way;
  way.packets = sums.segments;
  way.payload_bytes = sums.payload;
  way.ip_bytes = sums.payload + sums.header_bytes;
  const uint64_t bare = sums.segments - std::min(sums.data_segments, sums.segments);
  const uint64_t full = (sums.payload + kLargestFrame - 1) / kLargestFrame;
  way.frames = bare + std::min(sums.data_segments, full);
  // A super-frame has one header; the mean one, as options may have changed.
  way.frame_bytes = sums.payload + (sums.segments == 0 ? 0 : sums.header_bytes * way.frames / sums.segments);
  return way;
}

LaneCounters StreamTally::lane() const noexcept {
  return {way_of(sent_), way_of(received_)};
}

}  // namespace nettrace
