// Owns: the interface by which the kernel would send from one address to another (RTM_GETROUTE, rtnetlink(7)).
// Knows nothing of: sockets. Needs no right.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "native/base/ip_address.h"
#include "native/base/netlink.h"

namespace nettrace {

/// Used by one thread, in the network namespace that was current when it was opened.
class RouteLookup {
 public:
  /// Errors: as NetlinkSocket::open.
  static Result<RouteLookup> open();

  /// The ifindex; that of the loopback device where `remote` is an address of this host. 0 where there is no route.
  /// Some 10 us, less for pairs that were asked for in the last 10 seconds.
  uint32_t interface_of(const IpAddress& local, const IpAddress& remote, int64_t now_ns);

 private:
  explicit RouteLookup(NetlinkSocket socket) noexcept : socket_(std::move(socket)) {}
  uint32_t ask(const IpAddress& local, const IpAddress& remote);

  NetlinkSocket socket_;
  std::map<std::pair<IpAddress, IpAddress>, uint32_t> known_;
  int64_t known_since_ns_ = 0;
};

}  // namespace nettrace
