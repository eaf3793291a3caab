// Owns: the networks of which every address is this host's, by the routes of type RTN_LOCAL in the kernel's local
// table. Knows nothing of: the addresses of interfaces, whose own routes are left out.
#pragma once

#include <optional>
#include <vector>

#include "native/base/netlink.h"
#include "native/base/result.h"
#include "native/flow/local_addresses.h"

namespace nettrace {

/// The network of a message RTM_NEWROUTE or RTM_DELROUTE that makes, or made, one local. Nothing for all other routes,
/// also for those that the kernel has for each address of an interface, and for tables that only marked packets take
/// (a transparent proxy's `local 0.0.0.0/0 dev lo table 100` makes no address of the world this host's).
std::optional<LocalPrefix> local_prefix(const NetlinkMessage& message) noexcept;

/// Of the route events that the kernel sends to this socket only those of local routes reach it: a router's others may
/// be thousands a second. Where the kernel refuses the filter they all come, and change nothing.
void filter_route_events(const NetlinkSocket& events) noexcept;

/// In order, without doubles. Errors: as NetlinkSocket::exchange.
Result<std::vector<LocalPrefix>> list_local_prefixes();

}  // namespace nettrace
