// Owns: all routes of both families and every table by rtnetlink(7).
// Knows nothing of: which of them a packet takes.
#pragma once

#include <cstdint>
#include <vector>

#include "native/base/ip_address.h"
#include "native/base/result.h"

namespace nettrace {

/// One way on: a plain route has one, a multipath route several, a route that refuses has none.
struct RouteHop {
  IpAddress gateway;  ///< the wildcard where the destination is on the link
  uint32_t interface = 0;
  uint32_t weight = 1;
};

struct RouteRow {
  bool v6 = false;
  uint8_t type = 0;      ///< RTN_, include/uapi/linux/rtnetlink.h
  uint8_t protocol = 0;  ///< RTPROT_
  uint8_t scope = 0;     ///< RT_SCOPE_
  uint32_t table = 0;    ///< 254: main
  uint32_t metric = 0;
  uint32_t mtu = 0;  ///< 0: that of the device
  IpAddress destination;
  uint8_t prefix_length = 0;  ///< of the family: up to 32 for IPv4
  IpAddress source;           ///< preferred; the wildcard where there is none
  std::vector<RouteHop> hops;
};

/// Routes that the kernel made for its cache are left out. Errors: as NetlinkSocket::exchange.
Result<std::vector<RouteRow>> list_routes();

}  // namespace nettrace
