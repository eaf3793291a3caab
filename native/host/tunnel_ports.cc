#include "native/host/tunnel_ports.h"

#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/wireguard.h>

#include <span>
#include <string_view>

#include "native/base/clock.h"

namespace nettrace {
namespace {

constexpr int64_t kListInterval = 5 * kNanosPerSecond;
constexpr int kTimeoutMs = 200;

struct Kind {
  std::string_view name;    ///< IFLA_INFO_KIND
  uint16_t port_attribute;  ///< of IFLA_INFO_DATA, big-endian; 0: the link does not say
  Reason reason;
};
constexpr Kind kKinds[] = {{"vxlan", IFLA_VXLAN_PORT, Reason::kVxlan},
                           {"geneve", IFLA_GENEVE_PORT, Reason::kGeneve},
                           {"bareudp", IFLA_BAREUDP_PORT, Reason::kTunnel},
                           {"wireguard", 0, Reason::kWireguard}};

template <typename T>
std::span<const uint8_t> bytes_of(const T& value) noexcept {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

Result<NetlinkSocket> open_netlink(int protocol) {
  return NetlinkSocket::open({.protocol = protocol, .timeout_ms = kTimeoutMs});
}

}  // namespace

std::optional<TunnelLink> parse_tunnel_link(const NetlinkMessage& message) {
  if (message.header.nlmsg_type != RTM_NEWLINK) return std::nullopt;
  std::string kind;
  Bytes data;
  auto attributes = message.attributes(sizeof(ifinfomsg));
  while (const auto one = attributes.next()) {
    if (one->type != IFLA_LINKINFO) continue;
    NetlinkAttributes info(one->payload);
    while (const auto part = info.next()) {
      if (part->type == IFLA_INFO_KIND) kind = part->text();
      if (part->type == IFLA_INFO_DATA) data = part->payload;
    }
  }
  for (const Kind& known : kKinds) {
    if (known.name != kind) continue;
    TunnelLink link{static_cast<uint32_t>(netlink_struct<ifinfomsg>(message.payload).ifi_index), known.reason, 0};
    NetlinkAttributes options(data);
    while (const auto option = options.next()) {
      if (known.port_attribute != 0 && option->type == known.port_attribute) {
        link.port = option->payload.u16(0);
      }
    }
    return link;
  }
  return std::nullopt;
}

std::optional<uint16_t> parse_wireguard_port(const NetlinkMessage& message) {
  auto attributes = message.attributes(sizeof(genlmsghdr));
  while (const auto one = attributes.next()) {
    if (one->type == WGDEVICE_A_LISTEN_PORT) return one->value<uint16_t>();
  }
  return std::nullopt;
}

std::optional<uint16_t> parse_family(const NetlinkMessage& message) {
  auto attributes = message.attributes(sizeof(genlmsghdr));
  while (const auto one = attributes.next()) {
    if (one->type == CTRL_ATTR_FAMILY_ID) return one->value<uint16_t>();
  }
  return std::nullopt;
}

std::optional<Reason> TunnelPorts::at(uint16_t port, int64_t now_ns) {
  if (now_ns >= next_list_ns_) {
    list();
    next_list_ns_ = now_ns + kListInterval;
  }
  const auto found = ports_.find(port);
  return found == ports_.end() ? std::nullopt : std::optional(found->second);
}

void TunnelPorts::list() {
  ports_.clear();
  auto socket = open_netlink(NETLINK_ROUTE);
  if (!socket) return;
  std::vector<TunnelLink> links;
  NetlinkRequest request(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  request.attribute(IFLA_EXT_MASK, bytes_of(uint32_t{RTEXT_FILTER_SKIP_STATS}));
  (void)socket.value().exchange(request, [&](const NetlinkMessage& message) {
    if (const auto link = parse_tunnel_link(message)) links.push_back(*link);
  });
  for (const TunnelLink& link : links) {
    const auto port = link.port != 0 || link.reason != Reason::kWireguard ? link.port : wireguard_port(link.index);
    if (port.value_or(0) != 0) ports_.emplace(*port, link.reason);
  }
}

/// Asked only where there is such a device: a question to a generic family that is missing makes the kernel load it.
std::optional<uint16_t> TunnelPorts::wireguard_port(uint32_t index) {
  auto socket = open_netlink(NETLINK_GENERIC);
  if (!socket) return std::nullopt;
  constexpr std::string_view kName(WG_GENL_NAME, sizeof WG_GENL_NAME);  // with its NUL
  NetlinkRequest name(GENL_ID_CTRL, NLM_F_ACK, genlmsghdr{CTRL_CMD_GETFAMILY, 1, 0});
  name.attribute(CTRL_ATTR_FAMILY_NAME, std::span(reinterpret_cast<const uint8_t*>(kName.data()), kName.size()));
  std::optional<uint16_t> family;
  (void)socket.value().exchange(name, [&](const NetlinkMessage& message) {
    if (!family) family = parse_family(message);
  });
  if (!family) return std::nullopt;
  NetlinkRequest request(*family, NLM_F_DUMP, genlmsghdr{WG_CMD_GET_DEVICE, WG_GENL_VERSION, 0});
  request.attribute(WGDEVICE_A_IFINDEX, bytes_of(index));
  std::optional<uint16_t> port;
  (void)socket.value().exchange(request, [&](const NetlinkMessage& message) {
    if (!port) port = parse_wireguard_port(message);
  });
  return port;
}

}  // namespace nettrace
