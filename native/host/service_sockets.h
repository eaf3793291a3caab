// Owns: the descriptors that a service hands to its processes, and what it tells the service manager.
// Knows nothing of: what is said over them.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

struct TcpListener {
  UniqueFd fd;
  uint16_t port = 0;  ///< the one that was chosen where 0 was asked for
};

/// A listening socket on a numeric IPv4 or IPv6 address (IPv6 alone: IPV6_V6ONLY). kListenFailed.
Result<TcpListener> listen_tcp(const std::string& address, uint16_t port);

/// A listening socket at a path, mode 0660. A socket that nobody listens on any more is replaced. kListenFailed.
Result<UniqueFd> listen_unix(const std::string& path);

/// Two connected stream sockets, unix(7).
Result<std::array<UniqueFd, 2>> socket_pair();

/// Sends a state to the service manager (sd_notify(3)) at `address`: a path, or @name in the abstract namespace.
Result<void> notify_manager(const std::string& address, const std::string& state);

}  // namespace nettrace
