// Owns: the four counters that everything in the tree adds up.
// Knows nothing of: whose they are.
#pragma once

#include <cstdint>

namespace nettrace {

/// Wire bytes (link-layer frame without FCS) and packets (frames on the wire), seen from this host.
struct Counters {
  uint64_t received_bytes = 0;
  uint64_t sent_bytes = 0;
  uint64_t received_packets = 0;
  uint64_t sent_packets = 0;

  void add(bool sent, uint64_t bytes, uint64_t packets) noexcept {
    (sent ? sent_bytes : received_bytes) += bytes;
    (sent ? sent_packets : received_packets) += packets;
  }
  uint64_t bytes() const noexcept { return received_bytes + sent_bytes; }
  uint64_t packets() const noexcept { return received_packets + sent_packets; }

  Counters& operator+=(const Counters& other) noexcept {
    received_bytes += other.received_bytes;
    sent_bytes += other.sent_bytes;
    received_packets += other.received_packets;
    sent_packets += other.sent_packets;
    return *this;
  }
  Counters& operator-=(const Counters& other) noexcept {
    received_bytes -= other.received_bytes;
    sent_bytes -= other.sent_bytes;
    received_packets -= other.received_packets;
    sent_packets -= other.sent_packets;
    return *this;
  }
  friend Counters operator-(Counters left, const Counters& right) noexcept { return left -= right; }
  friend bool operator==(const Counters&, const Counters&) = default;
};

}  // namespace nettrace
