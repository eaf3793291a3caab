// Owns: bytes and frames each way as a test compares them.
// Knows nothing of: what they are counted from.
#pragma once

#include <cstdint>

namespace nettrace::test {

/// Bytes and frames each way, comparable as a whole.
struct Sums {
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
  friend Sums operator-(const Sums& left, const Sums& right) noexcept {
    return {left.received_bytes - right.received_bytes, left.sent_bytes - right.sent_bytes,
            left.received_packets - right.received_packets, left.sent_packets - right.sent_packets};
  }
  friend bool operator==(const Sums&, const Sums&) = default;
};

}  // namespace nettrace::test
