// Owns: the descriptors of a service: what it hands on, the lock of its folder; what it tells the service manager.
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

/// Holds a folder for as long as the descriptor is open, flock(2). kListenFailed; EWOULDBLOCK: another one holds it.
Result<UniqueFd> lock_folder(const std::string& path);

/// Sends a state to the service manager (sd_notify(3)) at `address`: a path, or @name in the abstract namespace.
Result<void> notify_manager(const std::string& address, const std::string& state);

}  // namespace nettrace
