#include "native/capture/local_routes.h"

#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>

namespace nettrace {

std::optional<LocalPrefix> local_prefix(const NetlinkMessage& message) noexcept {
  const uint16_t type = message.header.nlmsg_type;
  if ((type != RTM_NEWROUTE && type != RTM_DELROUTE) || message.payload.size() < sizeof(rtmsg)) return std::nullopt;
  const auto body = netlink_struct<rtmsg>(message.payload);
  const bool v4 = body.rtm_family == AF_INET;
  if ((!v4 && body.rtm_family != AF_INET6) || (body.rtm_flags & RTM_F_CLONED) != 0) return std::nullopt;
  if (body.rtm_type != RTN_LOCAL || body.rtm_table != RT_TABLE_LOCAL) return std::nullopt;
  if (body.rtm_protocol == RTPROT_KERNEL && body.rtm_dst_len == (v4 ? 32 : 128)) return std::nullopt;
  LocalPrefix prefix{v4 ? IpAddress::v4(0) : IpAddress{}, body.rtm_dst_len};
  NetlinkAttributes attributes = message.attributes(sizeof(rtmsg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type != RTA_DST || attribute->payload.size() < (v4 ? 4U : 16U)) continue;
    prefix.network =
        v4 ? IpAddress::v4_bytes(attribute->payload.data()) : IpAddress::v6_bytes(attribute->payload.data());
  }
  if (prefix.network.is_loopback() && prefix.length >= 8) return std::nullopt;  // local in any case
  return prefix;
}

/// The kernel's filters read in network order, netlink(7) writes in the host's; an event is one message.
void filter_route_events(const NetlinkSocket& events) noexcept {
  constexpr uint32_t kAll = 0xffff'ffff;
  std::array<sock_filter, 8> program{{
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_NEWROUTE), 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(RTM_DELROUTE), 0, 4),
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(nlmsghdr) + offsetof(rtmsg, rtm_type)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RTN_LOCAL, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, kAll),
      BPF_STMT(BPF_RET | BPF_K, 0),
      BPF_STMT(BPF_RET | BPF_K, kAll),
  }};
  const sock_fprog filter{program.size(), program.data()};
  ::setsockopt(events.fd(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

Result<std::vector<LocalPrefix>> list_local_prefixes() {
  // Strict checking: the kernel gives only the routes that are asked for, not the whole table of a router.
  auto requests = NetlinkSocket::open({.protocol = NETLINK_ROUTE, .strict_checking = true});
  if (!requests) return requests.error();
  std::vector<LocalPrefix> prefixes;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    rtmsg body{};
    body.rtm_family = family;
    body.rtm_table = RT_TABLE_LOCAL;
    body.rtm_type = RTN_LOCAL;
    NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, body);
    const auto reply = requests.value().exchange(request, [&](const NetlinkMessage& message) {
      if (const auto prefix = local_prefix(message)) prefixes.push_back(*prefix);
    });
    // A namespace without addresses has no such table yet, a kernel without IPv6 never has.
    const int number = reply.ok() ? 0 : reply.error().number;
    if (number != 0 && number != ENOENT && number != EOPNOTSUPP) return reply.error();
  }
  std::ranges::sort(prefixes);
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  return prefixes;
}

}  // namespace nettrace
