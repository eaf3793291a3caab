#include "native/doctor/network_setup.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <span>
#include <vector>

namespace nettrace {
namespace {

using Payload = std::vector<uint8_t>;

template <typename T>
Payload bytes_of(const T& value) {
  const auto* start = reinterpret_cast<const uint8_t*>(&value);
  return {start, start + sizeof value};
}

Payload text_bytes(const std::string& text) {
  return {text.c_str(), text.c_str() + text.size() + 1};
}

/// One attribute as bytes, behind what there is.
void append(Payload& payload, uint16_t type, const Payload& value) {
  const auto header = bytes_of(nlattr{static_cast<uint16_t>(sizeof(nlattr) + value.size()), type});
  payload.insert(payload.end(), header.begin(), header.end());
  payload.insert(payload.end(), value.begin(), value.end());
  payload.resize(netlink_align(payload.size()));
}

}  // namespace

Result<NetworkSetup> NetworkSetup::open() {
  auto socket = NetlinkSocket::open({.protocol = NETLINK_ROUTE});
  if (!socket) return std::move(socket.error());
  return NetworkSetup(std::move(socket).value());
}

Result<void> NetworkSetup::ask(NetlinkRequest& request) {
  auto reply = socket_.exchange(request, [](const NetlinkMessage&) {});
  if (!reply) return std::move(reply.error());
  return {};
}

Result<void> NetworkSetup::add_pair(const std::string& name, const std::string& peer, uint32_t peer_pid) {
  Payload other = bytes_of(ifinfomsg{});
  append(other, IFLA_IFNAME, text_bytes(peer));
  append(other, IFLA_NET_NS_PID, bytes_of(peer_pid));
  Payload data;
  append(data, VETH_INFO_PEER, other);
  Payload info;
  append(info, IFLA_INFO_KIND, text_bytes("veth"));
  append(info, IFLA_INFO_DATA, data);
  NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfomsg{});
  request.attribute(IFLA_IFNAME, text_bytes(name));
  request.attribute(IFLA_LINKINFO, info);
  return ask(request);
}

Result<void> NetworkSetup::set_up(const std::string& name) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(if_nametoindex(name.c_str()));
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, body);
  return ask(request);
}

Result<void> NetworkSetup::add_address(const std::string& name, const IpAddress& address, uint8_t prefix_length) {
  ifaddrmsg body{};
  body.ifa_family = address.is_v4() ? AF_INET : AF_INET6;
  body.ifa_prefixlen = prefix_length;
  body.ifa_flags = address.is_v4() ? 0 : IFA_F_NODAD;
  body.ifa_index = if_nametoindex(name.c_str());
  const std::span<const uint8_t> all(address.bytes);
  const auto bytes = address.is_v4() ? all.subspan(12) : all;
  NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, body);
  request.attribute(IFA_LOCAL, bytes);
  request.attribute(IFA_ADDRESS, bytes);
  return ask(request);
}

}  // namespace nettrace
