// Owns: the counters that everything in the tree adds up.
// Knows nothing of: whose they are.
#pragma once

#include <cstdint>

#include "native/decode/packet_view.h"

namespace nettrace {

/// One direction.
struct Way {
  uint64_t bytes = 0;          ///< on the wire: link-layer frames without FCS, a super-frame as its segments
  uint64_t packets = 0;        ///< frames on the wire
  uint64_t ip_bytes = 0;       ///< of these, from the IP header on, without padding
  uint64_t payload_bytes = 0;  ///< behind the transport header
  uint64_t frame_bytes = 0;    ///< as tapped: a super-frame is one frame, a VLAN tag beside the frame is not in it
  uint64_t frames = 0;         ///< as tapped

  Way& operator+=(const Way& other) noexcept {
    bytes += other.bytes;
    packets += other.packets;
    ip_bytes += other.ip_bytes;
    payload_bytes += other.payload_bytes;
    frame_bytes += other.frame_bytes;
    frames += other.frames;
    return *this;
  }
  Way& operator-=(const Way& other) noexcept {
    bytes -= other.bytes;
    packets -= other.packets;
    ip_bytes -= other.ip_bytes;
    payload_bytes -= other.payload_bytes;
    frame_bytes -= other.frame_bytes;
    frames -= other.frames;
    return *this;
  }
  friend Way operator-(Way left, const Way& right) noexcept { return left -= right; }
  friend bool operator==(const Way&, const Way&) = default;
};

/// What is in both, field by field.
constexpr Way smaller(const Way& a, const Way& b) noexcept {
  const auto least = [](uint64_t x, uint64_t y) { return x < y ? x : y; };
  return {least(a.bytes, b.bytes),
          least(a.packets, b.packets),
          least(a.ip_bytes, b.ip_bytes),
          least(a.payload_bytes, b.payload_bytes),
          least(a.frame_bytes, b.frame_bytes),
          least(a.frames, b.frames)};
}

/// What one frame adds. A super-frame carries its network and transport headers once, the wire has them in each
/// segment.
constexpr Way way_of(const PacketView& packet) noexcept {
  const uint64_t link = packet.frame_length - packet.ip_length;
  const uint64_t ip = packet.segments <= 1 ? packet.ip_length
                                           : packet.ip_length + (packet.wire_length - packet.frame_length) -
                                                 (packet.segments - 1) * link;
  return {packet.wire_length, packet.segments, ip, packet.payload_length, packet.frame_length, 1};
}

/// Both directions, seen from this host.
struct Counters {
  Way received;
  Way sent;

  void add(bool is_sent, const Way& way) noexcept { (is_sent ? sent : received) += way; }
  uint64_t bytes() const noexcept { return received.bytes + sent.bytes; }
  uint64_t packets() const noexcept { return received.packets + sent.packets; }

  Counters& operator+=(const Counters& other) noexcept {
    received += other.received;
    sent += other.sent;
    return *this;
  }
  Counters& operator-=(const Counters& other) noexcept {
    received -= other.received;
    sent -= other.sent;
    return *this;
  }
  friend Counters operator-(Counters left, const Counters& right) noexcept { return left -= right; }
  friend bool operator==(const Counters&, const Counters&) = default;
};

constexpr Counters smaller(const Counters& a, const Counters& b) noexcept {
  return {smaller(a.received, b.received), smaller(a.sent, b.sent)};
}

}  // namespace nettrace
