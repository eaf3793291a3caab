#include "native/host/route_listing.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <optional>

#include "native/base/netlink.h"

namespace nettrace {
namespace {

IpAddress wildcard(bool v6) {
  return v6 ? IpAddress{} : IpAddress::v4(0);
}

IpAddress address_of(Bytes payload, bool v6) {
  if (payload.size() < (v6 ? 16u : 4u)) return wildcard(v6);
  return v6 ? IpAddress::v6_bytes(payload.data()) : IpAddress::v4_bytes(payload.data());
}

/// RTA_VIA (struct rtvia): a gateway of the other family, as IPv4 routes over IPv6 have it (RFC 5549).
IpAddress via_of(Bytes payload) {
  const auto family = netlink_struct<uint16_t>(payload);
  return address_of(payload.from(sizeof family), family == AF_INET6);
}

void read_gateway(const NetlinkAttribute& attribute, bool v6, RouteHop& hop) {
  if (attribute.type == RTA_GATEWAY) hop.gateway = address_of(attribute.payload, v6);
  if (attribute.type == RTA_VIA) hop.gateway = via_of(attribute.payload);
}

/// struct rtnexthop after rtnexthop; rtnh_hops is the weight less one.
std::vector<RouteHop> parse_hops(Bytes rest, bool v6) {
  std::vector<RouteHop> hops;
  while (rest.size() >= sizeof(rtnexthop)) {
    const auto header = netlink_struct<rtnexthop>(rest);
    if (header.rtnh_len < sizeof header || header.rtnh_len > rest.size()) break;
    RouteHop hop{wildcard(v6), static_cast<uint32_t>(header.rtnh_ifindex), uint32_t{header.rtnh_hops} + 1};
    NetlinkAttributes attributes(rest.first(header.rtnh_len).from(sizeof header));
    while (const auto attribute = attributes.next()) read_gateway(*attribute, v6, hop);
    hops.push_back(hop);
    rest = rest.from(netlink_align(header.rtnh_len));
  }
  return hops;
}

uint32_t parse_mtu(Bytes metrics) {
  NetlinkAttributes attributes(metrics);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == RTAX_MTU) return attribute->value<uint32_t>().value_or(0);
  }
  return 0;
}

std::optional<RouteRow> parse_route(const NetlinkMessage& message) {
  if (message.header.nlmsg_type != RTM_NEWROUTE || message.payload.size() < sizeof(rtmsg)) return std::nullopt;
  const auto body = netlink_struct<rtmsg>(message.payload);
  if ((body.rtm_family != AF_INET && body.rtm_family != AF_INET6) || (body.rtm_flags & RTM_F_CLONED) != 0) {
    return std::nullopt;
  }
  RouteRow row;
  row.v6 = body.rtm_family == AF_INET6;
  row.type = body.rtm_type;
  row.protocol = body.rtm_protocol;
  row.scope = body.rtm_scope;
  row.table = body.rtm_table;
  row.prefix_length = body.rtm_dst_len;
  row.destination = row.source = wildcard(row.v6);
  RouteHop single{wildcard(row.v6), 0, 1};
  NetlinkAttributes attributes = message.attributes(sizeof(rtmsg));
  while (const auto attribute = attributes.next()) {
    read_gateway(*attribute, row.v6, single);
    switch (attribute->type) {
      case RTA_DST:
        row.destination = address_of(attribute->payload, row.v6);
        break;
      case RTA_PREFSRC:
        row.source = address_of(attribute->payload, row.v6);
        break;
      case RTA_OIF:
        single.interface = attribute->value<uint32_t>().value_or(0);
        break;
      case RTA_PRIORITY:
        row.metric = attribute->value<uint32_t>().value_or(0);
        break;
      case RTA_TABLE:
        row.table = attribute->value<uint32_t>().value_or(row.table);
        break;
      case RTA_METRICS:
        row.mtu = parse_mtu(attribute->payload);
        break;
      case RTA_MULTIPATH:
        row.hops = parse_hops(attribute->payload, row.v6);
        break;
      default:
        break;
    }
  }
  const bool refuses = row.type == RTN_BLACKHOLE || row.type == RTN_UNREACHABLE || row.type == RTN_PROHIBIT;
  if (row.hops.empty() && !refuses) row.hops.push_back(single);
  return row;
}

}  // namespace

Result<std::vector<RouteRow>> list_routes() {
  auto opened = NetlinkSocket::open({.protocol = NETLINK_ROUTE});
  if (!opened) return opened.error();
  std::vector<RouteRow> routes;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    rtmsg body{};
    body.rtm_family = family;
    NetlinkRequest request(RTM_GETROUTE, NLM_F_DUMP, body);
    const auto reply = opened.value().exchange(request, [&](const NetlinkMessage& message) {
      if (auto row = parse_route(message)) routes.push_back(std::move(*row));
    });
    if (!reply) return reply.error();
  }
  return routes;
}

}  // namespace nettrace
