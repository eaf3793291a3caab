#include "native/host/link_listing.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <optional>

#include "native/base/netlink.h"

namespace nettrace {
namespace {

std::string bytes_of(const NetlinkAttribute& attribute) {
  return {reinterpret_cast<const char*>(attribute.payload.data()), attribute.payload.size()};
}

std::optional<IpAddress> address_of(const NetlinkAttribute& attribute, bool v4) {
  if (attribute.payload.size() < (v4 ? 4u : 16u)) return std::nullopt;
  return v4 ? IpAddress::v4_bytes(attribute.payload.data()) : IpAddress::v6_bytes(attribute.payload.data());
}

std::optional<LinkRow> parse_link(const NetlinkMessage& message) {
  if (message.header.nlmsg_type != RTM_NEWLINK || message.payload.size() < sizeof(ifinfomsg)) return std::nullopt;
  const auto body = netlink_struct<ifinfomsg>(message.payload);
  LinkRow row;
  row.index = static_cast<uint32_t>(body.ifi_index);
  row.flags = body.ifi_flags;
  row.type = body.ifi_type;
  NetlinkAttributes attributes = message.attributes(sizeof(ifinfomsg));
  while (const auto attribute = attributes.next()) {
    switch (attribute->type) {
      case IFLA_IFNAME:
        row.name = attribute->text();
        break;
      case IFLA_MTU:
        row.mtu = attribute->value<uint32_t>().value_or(0);
        break;
      case IFLA_TXQLEN:
        row.queue_length = attribute->value<uint32_t>().value_or(0);
        break;
      case IFLA_ADDRESS:
        row.hardware = bytes_of(*attribute);
        break;
      case IFLA_STATS64:
        row.counters = netlink_struct<rtnl_link_stats64>(attribute->payload);
        break;
      default:
        break;
    }
  }
  return row;
}

std::optional<LinkAddressRow> parse_address(const NetlinkMessage& message) {
  if (message.header.nlmsg_type != RTM_NEWADDR || message.payload.size() < sizeof(ifaddrmsg)) return std::nullopt;
  const auto body = netlink_struct<ifaddrmsg>(message.payload);
  if (body.ifa_family != AF_INET && body.ifa_family != AF_INET6) return std::nullopt;
  const bool v4 = body.ifa_family == AF_INET;
  LinkAddressRow row;
  row.index = body.ifa_index;
  row.prefix_length = body.ifa_prefixlen;
  row.scope = body.ifa_scope;
  row.broadcast = IpAddress::v4(0);
  std::optional<IpAddress> local;
  std::optional<IpAddress> address;
  NetlinkAttributes attributes = message.attributes(sizeof(ifaddrmsg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFA_LOCAL) local = address_of(*attribute, v4);
    if (attribute->type == IFA_ADDRESS) address = address_of(*attribute, v4);
    if (attribute->type == IFA_BROADCAST) row.broadcast = address_of(*attribute, v4).value_or(row.broadcast);
    if (attribute->type == IFA_LABEL) row.label = attribute->text();
  }
  if (!local && !address) return std::nullopt;
  row.address = local ? *local : *address;
  row.peer = address ? *address : *local;
  return row;
}

}  // namespace

Result<LinkListing> list_links() {
  auto opened = NetlinkSocket::open({.protocol = NETLINK_ROUTE});
  if (!opened) return opened.error();
  NetlinkSocket& socket = opened.value();
  LinkListing listing;
  NetlinkRequest links(RTM_GETLINK, NLM_F_DUMP, ifinfomsg{});
  const auto got_links = socket.exchange(links, [&](const NetlinkMessage& message) {
    if (auto row = parse_link(message)) listing.links.push_back(std::move(*row));
  });
  if (!got_links) return got_links.error();
  NetlinkRequest addresses(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{});
  const auto got_addresses = socket.exchange(addresses, [&](const NetlinkMessage& message) {
    if (auto row = parse_address(message)) listing.addresses.push_back(std::move(*row));
  });
  if (!got_addresses) return got_addresses.error();
  return listing;
}

}  // namespace nettrace
