// Owns: the UDP ports of the tunnel devices in this network namespace: VXLAN, Geneve, bare UDP and WireGuard.
// Knows nothing of: flows. A device that was moved to another namespace is not seen, though its socket stays here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "native/base/netlink.h"
#include "native/flow/owner.h"

namespace nettrace {

/// What one link says (RTM_NEWLINK).
struct TunnelLink {
  uint32_t index = 0;
  Reason reason = Reason::kTunnel;
  uint16_t port = 0;  ///< 0: to be asked for elsewhere (WireGuard)
};
/// Nothing where the message is no link, or no tunnel over UDP.
std::optional<TunnelLink> parse_tunnel_link(const NetlinkMessage& message);
/// The port on which a WireGuard device listens (WG_CMD_GET_DEVICE, linux/wireguard.h); nothing where it is not told.
std::optional<uint16_t> parse_wireguard_port(const NetlinkMessage& message);
/// The number that generic netlink gave a family (CTRL_CMD_GETFAMILY, linux/genetlink.h).
std::optional<uint16_t> parse_family(const NetlinkMessage& message);

class TunnelPorts {
 public:
  /// Which tunnel has this port, as the devices were at most five seconds ago. Never fails: what the kernel does not
  /// tell us is not known.
  std::optional<Reason> at(uint16_t port, int64_t now_ns);

 private:
  void list();
  std::optional<uint16_t> wireguard_port(uint32_t index);

  std::unordered_map<uint16_t, Reason> ports_;
  int64_t next_list_ns_ = 0;
};

}  // namespace nettrace
