// Owns: the kernel's news of sockets that are gone: TCP and UDP, with the last counts of TCP (sock_diag multicast).
// Knows nothing of: flows and processes. An event names no process: inode and uid are 0 by then.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "native/base/netlink.h"
#include "native/base/result.h"
#include "native/host/socket_record.h"
#include "native/host/stream_counts.h"

namespace nettrace {

/// A socket that the kernel has freed: no packet will be its any more.
struct DestroyedSocket {
  SocketRecord socket;                 ///< the cookie tells which; an unconnected UDP socket has its local port alone
  std::optional<StreamCounts> counts;  ///< where it was a TCP connection
};

/// Nothing where the message is no such event. Any bytes are safe.
std::optional<DestroyedSocket> parse_destroyed_socket(const NetlinkMessage& message) noexcept;

/// One socket, used by one thread, in the network namespace that was current when it was opened: only its sockets.
class DestroyEvents {
 public:
  /// With a buffer for some 80,000 events where SO_RCVBUFFORCE is permitted (CAP_NET_ADMIN in the first user
  /// namespace), for some hundred elsewhere. Errors: kNetlinkFailed (before Linux 4.4, or without CONFIG_INET_DIAG),
  /// kNotPermitted, kResourceExhausted.
  static Result<DestroyEvents> open();

  /// Appends what has come, without waiting: 3-5 us for each event. Errors: kNetlinkFailed.
  Result<void> read(std::vector<DestroyedSocket>& destroyed);
  /// Readable when there is something to read.
  int fd() const noexcept { return socket_.fd(); }
  /// How often the kernel had to drop events (ENOBUFS): not every end has been told.
  uint64_t overruns() const noexcept { return overruns_; }

 private:
  explicit DestroyEvents(NetlinkSocket socket) noexcept : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
  uint64_t overruns_ = 0;
};

}  // namespace nettrace
