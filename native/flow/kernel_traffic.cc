#include "native/flow/kernel_traffic.h"

#include <array>

namespace nettrace {
namespace {

struct WellKnown {
  uint8_t protocol;  ///< 0: TCP and UDP
  uint16_t first;
  uint16_t last;
  Reason reason;
};

/// IANA's registry (service names and port numbers), and what Linux takes where nothing else is said: 8472 for VXLAN
/// (drivers/net/vxlan), 51820 for WireGuard (wg-quick(8)), 6800-7568 for the daemons of Ceph (ms bind port max),
/// 7788-7799 for DRBD (drbd.conf). A process's NBD or RPC is its own: these rows are asked only for the kernel's.
constexpr std::array kWellKnown{
    WellKnown{0, 111, 111, Reason::kNfs},
    WellKnown{0, 2049, 2049, Reason::kNfs},
    WellKnown{IPPROTO_TCP, 139, 139, Reason::kSmb},
    WellKnown{IPPROTO_TCP, 445, 445, Reason::kSmb},
    WellKnown{IPPROTO_TCP, 3260, 3260, Reason::kIscsi},
    WellKnown{IPPROTO_TCP, 3300, 3300, Reason::kCeph},
    WellKnown{IPPROTO_TCP, 4420, 4420, Reason::kNvmeTcp},
    WellKnown{IPPROTO_TCP, 8009, 8009, Reason::kNvmeTcp},
    WellKnown{IPPROTO_TCP, 6789, 6789, Reason::kCeph},
    WellKnown{IPPROTO_TCP, 6800, 7568, Reason::kCeph},
    WellKnown{IPPROTO_TCP, 7788, 7799, Reason::kDrbd},
    WellKnown{IPPROTO_TCP, 10809, 10809, Reason::kNbd},
    WellKnown{IPPROTO_UDP, 1701, 1701, Reason::kL2tp},
    WellKnown{IPPROTO_UDP, 2152, 2152, Reason::kTunnel},
    WellKnown{IPPROTO_UDP, 3386, 3386, Reason::kTunnel},
    WellKnown{IPPROTO_UDP, 4789, 4789, Reason::kVxlan},
    WellKnown{IPPROTO_UDP, 4790, 4790, Reason::kVxlan},
    WellKnown{IPPROTO_UDP, 6081, 6081, Reason::kGeneve},
    WellKnown{IPPROTO_UDP, 6118, 6118, Reason::kTipc},
    WellKnown{IPPROTO_UDP, 6635, 6635, Reason::kTunnel},
    WellKnown{IPPROTO_UDP, 7000, 7009, Reason::kAfs},
    WellKnown{IPPROTO_UDP, 8472, 8472, Reason::kVxlan},
    WellKnown{IPPROTO_UDP, 51820, 51820, Reason::kWireguard},
};

std::optional<Reason> well_known(uint8_t protocol, uint16_t port) noexcept {
  for (const WellKnown& one : kWellKnown) {
    const bool speaks =
        one.protocol == 0 ? protocol == IPPROTO_TCP || protocol == IPPROTO_UDP : one.protocol == protocol;
    if (speaks && one.first <= port && port <= one.last) return one.reason;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reason> kernel_protocol(uint8_t protocol) noexcept {
  constexpr uint8_t kMplsInIp = 137;  // RFC 4023
  constexpr uint8_t kL2tpOverIp = 115;
  switch (protocol) {
    case IPPROTO_IPIP:
    case IPPROTO_IPV6:
      return Reason::kIpInIp;
    case IPPROTO_GRE:
      return Reason::kGre;
    case IPPROTO_ESP:
    case IPPROTO_AH:
    case IPPROTO_COMP:
      return Reason::kIpsec;
    case kL2tpOverIp:
      return Reason::kL2tp;
    case kMplsInIp:
      return Reason::kTunnel;
    default:
      return std::nullopt;
  }
}

Reason kernel_socket_reason(const FiveTuple& tuple) noexcept {
  if (const auto protocol = kernel_protocol(tuple.protocol)) return *protocol;
  // A client's own port is none of these, unless somebody chose it; a server's tells, whatever its client has chosen.
  if (const auto here = well_known(tuple.protocol, tuple.local.port)) return *here;
  return well_known(tuple.protocol, tuple.remote.port).value_or(Reason::kKernelSocket);
}

std::optional<Reason> socketless_tunnel(uint16_t udp_port) noexcept {
  switch (udp_port) {
    case 4789:
    case 4790:
    case 8472:
    case 6081:
    case 6635:
      return well_known(IPPROTO_UDP, udp_port);
    default:
      return std::nullopt;
  }
}

}  // namespace nettrace
