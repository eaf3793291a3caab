// Owns: the few rtnetlink requests that furnish a network namespace: a veth pair, addresses, up.
// Knows nothing of: why.
#pragma once

#include <cstdint>
#include <string>

#include "native/base/ip_address.h"
#include "native/base/netlink.h"
#include "native/base/result.h"

namespace nettrace {

/// For the network namespace that was current when it was opened. Every call waits for the kernel's answer.
/// Errors of all of them: kNetlinkFailed with the kernel's errno (EOPNOTSUPP: it has no such kind of device, or no such
/// family), kNotPermitted.
class NetworkSetup {
 public:
  static Result<NetworkSetup> open();

  /// A veth pair, down: `name` here, `peer` in the network namespace of the process `peer_pid`.
  Result<void> add_pair(const std::string& name, const std::string& peer, uint32_t peer_pid);
  Result<void> set_up(const std::string& name);
  /// Usable at once: without duplicate address detection.
  Result<void> add_address(const std::string& name, const IpAddress& address, uint8_t prefix_length);

 private:
  explicit NetworkSetup(NetlinkSocket socket) noexcept : socket_(std::move(socket)) {}
  Result<void> ask(NetlinkRequest& request);

  NetlinkSocket socket_;
};

}  // namespace nettrace
