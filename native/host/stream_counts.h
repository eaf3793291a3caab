// Owns: what TCP itself counts of a connection (struct tcp_info), as the kernel tells it to anybody.
// Knows nothing of: how it is asked for. Any bytes are safe.
#pragma once

#include <cstdint>

#include "native/base/bytes.h"

namespace nettrace {

/// Over the life of a connection (struct tcp_info, include/uapi/linux/tcp.h). Payload bytes, and segments of any kind.
/// Closing counts as a byte received (FIN).
struct StreamCounts {
  uint64_t bytes_sent = 0;  ///< with what was sent again (Linux 4.19; 0 before)
  uint64_t bytes_retransmitted = 0;
  uint64_t bytes_acknowledged = 0;
  uint64_t bytes_received = 0;  ///< in order; what came twice counts once
  uint32_t segments_sent = 0;   ///< goes round after 2^32, as all counts of segments
  uint32_t segments_received = 0;
  uint32_t data_segments_sent = 0;  ///< those with payload
  uint32_t data_segments_received = 0;
  uint32_t retransmissions = 0;  ///< segments sent again
  bool timestamps = false;       ///< every segment carries that option (RFC 7323)
};

/// From the payload of INET_DIAG_INFO; what an older kernel does not tell is 0.
StreamCounts read_stream_counts(Bytes payload) noexcept;
/// True where the kernel tells bytes_sent, on which counting stands (Linux 4.19).
bool tells_bytes_sent(Bytes payload) noexcept;

}  // namespace nettrace
