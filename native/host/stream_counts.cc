#include "native/host/stream_counts.h"

#include <linux/tcp.h>

#include <cstddef>

#include "native/base/netlink_message.h"

namespace nettrace {

StreamCounts read_stream_counts(Bytes payload) noexcept {
  const auto info = netlink_struct<tcp_info>(payload);
  StreamCounts counts;
  counts.bytes_sent = info.tcpi_bytes_sent;
  counts.bytes_retransmitted = info.tcpi_bytes_retrans;
  counts.bytes_acknowledged = info.tcpi_bytes_acked;
  counts.bytes_received = info.tcpi_bytes_received;
  counts.segments_sent = info.tcpi_segs_out;
  counts.segments_received = info.tcpi_segs_in;
  counts.data_segments_sent = info.tcpi_data_segs_out;
  counts.data_segments_received = info.tcpi_data_segs_in;
  counts.retransmissions = info.tcpi_total_retrans;
  counts.timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
  return counts;
}

bool tells_bytes_sent(Bytes payload) noexcept {
  return payload.size() >= offsetof(tcp_info, tcpi_bytes_retrans);
}

}  // namespace nettrace
