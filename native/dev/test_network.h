// Owns: a network namespace of its own for a test, and the few rtnetlink requests that furnish it.
// Knows nothing of: what is tested. Nothing outside the forked child is touched.
#pragma once

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

#include "native/base/netlink.h"
#include "native/dev/test.h"

namespace nettrace::test {

/// Runs `body` in a forked child that has a network namespace of its own. False if there is no right to make one.
/// Failed checks of the child count for the running test.
template <typename Body>
bool in_own_network(Body&& body) {
  constexpr int kNotPermitted = 100;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (unshare(CLONE_NEWNET) != 0) _exit(kNotPermitted);
    body();
    std::fflush(stdout);
    _exit(failures_of_case() > 99 ? 99 : failures_of_case());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return false;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNotPermitted) return false;
  const int failures = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  if (!WIFEXITED(status)) fail(__FILE__, __LINE__, "the child died of signal " + std::to_string(WTERMSIG(status)));
  failures_of_case() += WIFEXITED(status) ? failures : 0;
  return true;
}

template <typename T>
std::vector<uint8_t> bytes_of(const T& value) {
  const auto* start = reinterpret_cast<const uint8_t*>(&value);
  return {start, start + sizeof value};
}
inline std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.c_str(), text.c_str() + text.size() + 1};
}

/// One attribute as bytes, for nesting.
inline std::vector<uint8_t> attribute(uint16_t type, const std::vector<uint8_t>& payload) {
  auto bytes = bytes_of(nlattr{static_cast<uint16_t>(sizeof(nlattr) + payload.size()), type});
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.resize(netlink_align(bytes.size()));
  return bytes;
}

/// The network namespace as an administrator would change it; every call waits for the kernel's answer.
class Network {
 public:
  // A busy machine may hold an answer back: whoever makes and removes namespaces holds the lock that it needs.
  Network() : socket_(NetlinkSocket::open({.protocol = NETLINK_ROUTE, .timeout_ms = kPatienceMs})) {
    CHECK(socket_.ok());
  }

  /// A veth pair; both ends are down.
  void add_pair(const std::string& name, const std::string& peer) {
    auto peer_link = bytes_of(ifinfomsg{});
    const auto peer_name = attribute(IFLA_IFNAME, bytes_of(peer));
    peer_link.insert(peer_link.end(), peer_name.begin(), peer_name.end());
    auto info = attribute(IFLA_INFO_KIND, bytes_of(std::string("veth")));
    const auto data = attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer_link));
    info.insert(info.end(), data.begin(), data.end());
    NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfomsg{});
    request.attribute(IFLA_IFNAME, bytes_of(name));
    request.attribute(IFLA_LINKINFO, info);
    ask(request);
  }
  /// A device of this kind, over `lower` where that is named; down. False where the kernel does not have the kind.
  bool add_device(const std::string& name, const std::string& kind, const std::string& lower = {}) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfomsg{});
    request.attribute(IFLA_IFNAME, bytes_of(name));
    if (!lower.empty()) request.attribute(IFLA_LINK, bytes_of(if_nametoindex(lower.c_str())));
    auto info = attribute(IFLA_INFO_KIND, bytes_of(kind));
    // A bridge that looks into IGMP also speaks it, whenever it likes.
    if (kind == "bridge") {
      const auto quiet = attribute(IFLA_INFO_DATA, attribute(IFLA_BR_MCAST_SNOOPING, bytes_of(uint8_t{0})));
      info.insert(info.end(), quiet.begin(), quiet.end());
    }
    request.attribute(IFLA_LINKINFO, info);
    return socket_ && socket_.value().exchange(request, [](const NetlinkMessage&) {}).ok();
  }
  /// Makes `name` a port of a bridge or bond.
  void make_port(const std::string& name, const std::string& master) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, link(name, 0));
    request.attribute(IFLA_MASTER, bytes_of(if_nametoindex(master.c_str())));
    ask(request);
  }
  void set_up(const std::string& name, bool up) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, link(name, up ? IFF_UP : 0));
    ask(request);
    if (up) settle();
  }
  void rename(const std::string& name, const std::string& to) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, link(name, 0));
    request.attribute(IFLA_IFNAME, bytes_of(to));
    ask(request);
  }
  /// Into the network namespace of a process.
  void move(const std::string& name, uint32_t pid) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, link(name, 0));
    request.attribute(IFLA_NET_NS_PID, bytes_of(pid));
    ask(request);
  }
  /// Into the network namespace behind a descriptor.
  void move_to(const std::string& name, int network_namespace) {
    NetlinkRequest request(RTM_NEWLINK, NLM_F_ACK, link(name, 0));
    request.attribute(IFLA_NET_NS_FD, bytes_of(static_cast<uint32_t>(network_namespace)));
    ask(request);
  }
  /// VXLAN number 42 from `local` to `remote` (in network order) over this UDP port; down. False where the kernel has
  /// none.
  bool add_vxlan(const std::string& name, uint32_t local, uint32_t remote, uint16_t port = 4789) {
    auto data = attribute(IFLA_VXLAN_ID, bytes_of(uint32_t{42}));
    for (const auto& more :
         {attribute(IFLA_VXLAN_LOCAL, bytes_of(local)), attribute(IFLA_VXLAN_GROUP, bytes_of(remote)),
          attribute(IFLA_VXLAN_PORT, bytes_of(__builtin_bswap16(port)))}) {
      data.insert(data.end(), more.begin(), more.end());
    }
    auto info = attribute(IFLA_INFO_KIND, bytes_of(std::string("vxlan")));
    const auto nested = attribute(IFLA_INFO_DATA, data);
    info.insert(info.end(), nested.begin(), nested.end());
    NetlinkRequest request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, ifinfomsg{});
    request.attribute(IFLA_IFNAME, bytes_of(name));
    request.attribute(IFLA_MTU, bytes_of(uint32_t{1450}));  // what Ethernet leaves
    request.attribute(IFLA_LINKINFO, info);
    return socket_ && socket_.value().exchange(request, [](const NetlinkMessage&) {}).ok();
  }
  void remove(const std::string& name) {
    NetlinkRequest request(RTM_DELLINK, NLM_F_ACK, link(name, 0));
    ask(request);
  }
  void add_address(const std::string& name, uint32_t address, uint8_t prefix_length) {
    ifaddrmsg body{};
    body.ifa_family = AF_INET;
    body.ifa_prefixlen = prefix_length;
    body.ifa_index = if_nametoindex(name.c_str());
    NetlinkRequest request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_ACK, body);
    request.attribute(IFA_LOCAL, bytes_of(__builtin_bswap32(address)));
    request.attribute(IFA_ADDRESS, bytes_of(__builtin_bswap32(address)));
    ask(request);
  }

  /// `ip route add local NETWORK/LENGTH dev NAME table TABLE`, or its end.
  void local_route(bool add, const std::string& name, uint32_t network, uint8_t length,
                   uint8_t table = RT_TABLE_LOCAL) {
    rtmsg body{};
    body.rtm_family = AF_INET;
    body.rtm_dst_len = length;
    body.rtm_table = table;
    body.rtm_protocol = RTPROT_BOOT;
    body.rtm_scope = RT_SCOPE_HOST;
    body.rtm_type = RTN_LOCAL;
    NetlinkRequest request(add ? RTM_NEWROUTE : RTM_DELROUTE,
                           static_cast<uint16_t>(NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0)), body);
    request.attribute(RTA_DST, bytes_of(__builtin_bswap32(network)));
    request.attribute(RTA_OIF, bytes_of(if_nametoindex(name.c_str())));
    ask(request);
  }

 private:
  /// Until every end of a pair that has a carrier runs: the one that was up first is activated some time after the
  /// other, and drops what it sends before (net/core/link_watch.c). IFF_RUNNING is set as long as nobody has looked.
  void settle() {
    constexpr unsigned kCarrier = 1U << 16;  // IFF_LOWER_UP, linux/if.h
    constexpr uint8_t kUp = 6;               // IF_OPER_UP
    auto events = NetlinkSocket::open({.protocol = NETLINK_ROUTE, .groups = RTMGRP_LINK});
    if (!socket_ || !events) return;
    for (bool waits = true;;) {
      waits = false;
      NetlinkRequest links(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
      const auto reply = socket_.value().exchange(links, [&](const NetlinkMessage& message) {
        ifinfomsg body{};
        message.payload.copy(0, &body, sizeof body);
        const bool has_carrier = (body.ifi_flags & IFF_UP) != 0 && (body.ifi_flags & kCarrier) != 0;
        bool is_pair = false, runs = false;
        NetlinkAttributes attributes = message.attributes(sizeof body);
        while (const auto attribute = attributes.next()) {
          if (attribute->type == IFLA_OPERSTATE) runs = attribute->value<uint8_t>() == kUp;
          if (attribute->type != IFLA_LINKINFO) continue;
          NetlinkAttributes info(attribute->payload);
          while (const auto one = info.next()) is_pair |= one->type == IFLA_INFO_KIND && one->text() == "veth";
        }
        waits = waits || (has_carrier && is_pair && !runs);
      });
      if (!reply || !waits) return;
      pollfd one{events.value().fd(), POLLIN, 0};
      if (::poll(&one, 1, kPatienceMs) != 1) return fail(__FILE__, __LINE__, "a device with a carrier does not run");
      (void)events.value().events([](const NetlinkMessage&) {});
    }
  }
  static ifinfomsg link(const std::string& name, unsigned flags) {
    ifinfomsg body{};
    body.ifi_index = static_cast<int>(if_nametoindex(name.c_str()));
    body.ifi_flags = flags;
    body.ifi_change = IFF_UP;
    return body;
  }
  void ask(NetlinkRequest& request) {
    if (!socket_) return;
    const auto reply = socket_.value().exchange(request, [](const NetlinkMessage&) {});
    if (!reply)
      fail(__FILE__, __LINE__, "netlink: errno " + std::to_string(reply.error().number) + " " + reply.error().detail);
  }

  static constexpr int kPatienceMs = 30'000;
  Result<NetlinkSocket> socket_;
};

}  // namespace nettrace::test
