// Owns: listing the TCP connections of this network namespace with what TCP counts of each (sock_diag(7)).
// Knows nothing of: processes, and what is made of the counts. Needs no right.
#pragma once

#include <vector>

#include "native/base/result.h"
#include "native/host/inet_diag.h"
#include "native/host/stream_counts.h"

namespace nettrace {

struct StreamReading {
  SocketRecord socket;
  StreamCounts counts;
};

/// Used by one thread, in the network namespace that was current when it was opened.
class StreamList {
 public:
  /// Errors: as NetlinkSocket::open.
  static Result<StreamList> open();

  /// Appends every connection that is being opened, is open or is being closed, about 1 us each. A connection that
  /// comes or goes meanwhile may be missing. Errors: kNetlinkFailed (ENOENT: no inet_diag in this kernel),
  /// kMeterUnsupported (before Linux 4.19), kNotPermitted.
  Result<void> read(std::vector<StreamReading>& streams);

 private:
  explicit StreamList(DiagDump dump) noexcept : dump_(std::move(dump)) {}
  Result<void> read_family(uint8_t family, std::vector<StreamReading>& streams);

  DiagDump dump_;
};

}  // namespace nettrace
