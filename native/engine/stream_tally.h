// Owns: turning what TCP counts of a connection into packets and bytes on the wire. Pure.
// Knows nothing of: where the counts come from, and whose they are.
#pragma once

#include <cstdint>

#include "native/host/stream_counts.h"
#include "native/meter/records.h"

namespace nettrace {

/// IP and TCP header of a segment with payload: without options but timestamps, which are on every segment or none.
uint32_t stream_header_bytes(bool v4, bool timestamps) noexcept;

/// The sums of one connection since a moment. Payload and segments are TCP's own counts; every segment is given the
/// header above. So these are missing: the longer options of SYN and SACK, the SYN-ACK of a connection that was
/// accepted, and the payload of what was received twice. `frames` is the least that there can have been: how TCP's
/// super-frames were cut is not told.
class StreamTally {
 public:
  /// Counting begins here.
  explicit StreamTally(const StreamCounts& from = {}) noexcept : last_(from) {}

  /// Adds what has come since the reading before. False, and nothing is added, where counts of bytes went back: the
  /// socket has been connected anew (connect(2) with AF_UNSPEC, then another), which begins at zero.
  bool advance(const StreamCounts& now, bool v4) noexcept;

  /// Both ways; never less than before.
  LaneCounters lane() const noexcept;
  uint64_t retransmitted_bytes() const noexcept { return retransmitted_bytes_; }
  uint64_t retransmitted_packets() const noexcept { return retransmitted_packets_; }

 private:
  struct Direction {
    uint64_t payload = 0;
    uint64_t segments = 0;
    uint64_t data_segments = 0;
    uint64_t header_bytes = 0;
  };
  static WayCounters way_of(const Direction& sums) noexcept;

  StreamCounts last_;
  Direction sent_;
  Direction received_;
  uint64_t retransmitted_bytes_ = 0;
  uint64_t retransmitted_packets_ = 0;
};

}  // namespace nettrace
