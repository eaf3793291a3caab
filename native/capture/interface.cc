// Owns: reading link and address messages (rtnetlink(7)).
#include "native/capture/interface.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace nettrace {
namespace {

constexpr int kMaxStacking = 8;  // the kernel's own limit (MAX_NEST_DEV)

InterfaceCounters read_counters(Bytes payload) noexcept {
  const auto stats = netlink_struct<rtnl_link_stats64>(payload);
  return {stats.rx_bytes,         stats.tx_bytes,  stats.rx_packets, stats.tx_packets,
          stats.rx_errors,        stats.tx_errors, stats.rx_dropped, stats.tx_dropped,
          stats.rx_missed_errors, stats.multicast, stats.collisions};
}

uint16_t read_vlan_id(Bytes data) {
  NetlinkAttributes attributes(data);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_VLAN_ID) return attribute->value<uint16_t>().value_or(0);
  }
  return 0;
}

void read_link_info(const NetlinkAttribute& info, Interface& interface) {
  Bytes data;
  NetlinkAttributes attributes(info.payload);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_INFO_KIND) interface.kind = attribute->text();
    if (attribute->type == IFLA_INFO_SLAVE_KIND) interface.port_kind = attribute->text();
    if (attribute->type == IFLA_INFO_DATA) data = attribute->payload;
  }
  // What IFLA_INFO_DATA holds depends on the kind.
  if (interface.kind == "vlan") interface.vlan_id = read_vlan_id(data);
}

void read_alternative_names(const NetlinkAttribute& list, Interface& interface) {
  interface.alternative_names.clear();
  NetlinkAttributes attributes(list.payload);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_ALT_IFNAME) interface.alternative_names.push_back(attribute->text());
  }
}

void read_link_attribute(const NetlinkAttribute& attribute, Interface& interface) {
  switch (attribute.type) {
    case IFLA_IFNAME:
      interface.name = attribute.text();
      break;
    case IFLA_ADDRESS:
      interface.mac = attribute.payload.size() == 6 ? attribute.payload.u48(0) : 0;
      break;
    case IFLA_MTU:
      interface.mtu = attribute.value<uint32_t>().value_or(0);
      break;
    case IFLA_MASTER:
      interface.master_index = attribute.value<uint32_t>().value_or(0);
      break;
    case IFLA_LINK:
      interface.link_index = attribute.value<uint32_t>().value_or(0);
      break;
    case IFLA_LINK_NETNSID:
      interface.link_is_elsewhere = true;
      break;
    case IFLA_OPERSTATE:
      interface.operational_state = attribute.value<uint8_t>().value_or(0);
      break;
    case IFLA_LINKINFO:
      read_link_info(attribute, interface);
      break;
    case IFLA_PROP_LIST:
      read_alternative_names(attribute, interface);
      break;
    case IFLA_STATS64:
      interface.counters = read_counters(attribute.payload);
      break;
    default:
      break;
  }
}

/// All but addresses and counters.
auto link_fields(const Interface& one) {
  return std::tie(one.index, one.name, one.alternative_names, one.kind, one.port_kind, one.link_speed, one.mac, one.mtu,
                  one.master_index, one.link_index, one.vlan_id, one.arp_type, one.operational_state, one.up,
                  one.running, one.loopback, one.point_to_point, one.link_is_elsewhere);
}

bool is_bond(std::string_view kind) noexcept {
  return kind == "bond" || kind == "team";
}

/// Devices on top of another one, which say its speed.
bool is_on_top(std::string_view kind) noexcept {
  return kind == "vlan" || kind == "macvlan" || kind == "macvtap" || kind == "ipvlan";
}

/// By kind alone: whether a driver that knows a wire may stand behind it.
bool may_have_link_speed(const Interface& one) noexcept {
  return !one.loopback &&
         (one.kind.empty() || one.kind == "ipoib" || one.kind == "dsa" || is_bond(one.kind) || is_on_top(one.kind));
}

bool has_link_speed(const Interface& one, std::span<const Interface> all, int depth) noexcept {
  if (!one.running || depth == 0 || !may_have_link_speed(one)) return false;
  const auto is_fine = [&](const Interface& below) { return has_link_speed(below, all, depth - 1); };
  if (is_bond(one.kind)) {
    const auto counts = [&](const Interface& port) { return port.master_index == one.index && port.running; };
    return std::ranges::all_of(all, [&](const Interface& port) { return !counts(port) || is_fine(port); });
  }
  if (!is_on_top(one.kind)) return true;
  // What is below and out of sight may be anything; then link_index is 0.
  return std::ranges::any_of(all,
                             [&](const Interface& below) { return below.index == one.link_index && is_fine(below); });
}

std::optional<IpAddress> read_address(uint8_t family, Bytes payload) noexcept {
  IpAddress address;
  if (family == AF_INET && payload.size() == 4) {
    uint32_t network_order = 0;
    payload.copy(0, &network_order, sizeof network_order);
    return IpAddress::v4_bytes(&network_order);
  }
  if (family == AF_INET6 && payload.copy(0, address.bytes.data(), address.bytes.size())) return address;
  return std::nullopt;
}

}  // namespace

std::vector<Interface>::iterator InterfaceTable::find(uint32_t index) {
  return std::lower_bound(interfaces_.begin(), interfaces_.end(), index,
                          [](const Interface& one, uint32_t wanted) { return one.index < wanted; });
}

InterfaceChanges InterfaceTable::apply(const NetlinkMessage& message) {
  switch (message.header.nlmsg_type) {
    case RTM_NEWLINK:
      return apply_link(message);
    case RTM_DELLINK:
      return remove_link(message);
    case RTM_NEWADDR:
      return apply_address(message, false);
    case RTM_DELADDR:
      return apply_address(message, true);
    case RTM_NEWSTATS:
      apply_statistics(message);
      return {};
    default:
      return {};
  }
}

InterfaceChanges InterfaceTable::apply_link(const NetlinkMessage& message) {
  const auto header = netlink_struct<ifinfomsg>(message.payload);
  // A bridge reports its ports with the same message types, under its own family.
  if (!message.payload.has(0, sizeof header) || header.ifi_family != AF_UNSPEC || header.ifi_index <= 0) return {};
  auto place = find(static_cast<uint32_t>(header.ifi_index));
  const bool is_known = place != interfaces_.end() && place->index == static_cast<uint32_t>(header.ifi_index);
  Interface updated = is_known ? *place : Interface{};
  const bool is_complete = [&] {
    NetlinkAttributes attributes = message.attributes(sizeof header);
    while (const auto attribute = attributes.next()) {
      if (attribute->type == IFLA_IFNAME) return true;
    }
    return false;
  }();
  if (!is_complete && !is_known) return {};
  updated.index = static_cast<uint32_t>(header.ifi_index);
  updated.arp_type = header.ifi_type;
  updated.up = (header.ifi_flags & IFF_UP) != 0;
  updated.running = (header.ifi_flags & IFF_RUNNING) != 0;
  updated.loopback = (header.ifi_flags & IFF_LOOPBACK) != 0;
  updated.point_to_point = (header.ifi_flags & IFF_POINTOPOINT) != 0;
  if (is_complete) {  // the kernel leaves these out where they do not apply
    updated.master_index = updated.link_index = 0;
    updated.link_is_elsewhere = false;
    updated.alternative_names.clear();
    updated.port_kind.clear();
  }
  NetlinkAttributes attributes = message.attributes(sizeof header);
  while (const auto attribute = attributes.next()) read_link_attribute(*attribute, updated);
  if (updated.link_is_elsewhere) updated.link_index = 0;  // an index of the other namespace
  const bool changed = !is_known || link_fields(updated) != link_fields(*place);
  speeds_are_old_ |= changed && may_have_link_speed(updated);
  if (!is_known) {
    interfaces_.insert(place, std::move(updated));
    return {.links = true};
  }
  *place = std::move(updated);
  return {.links = changed};
}

InterfaceChanges InterfaceTable::remove_link(const NetlinkMessage& message) {
  const auto header = netlink_struct<ifinfomsg>(message.payload);
  if (!message.payload.has(0, sizeof header) || header.ifi_family != AF_UNSPEC) return {};
  const auto place = find(static_cast<uint32_t>(header.ifi_index));
  if (place == interfaces_.end() || place->index != static_cast<uint32_t>(header.ifi_index)) return {};
  const bool had_addresses = !place->addresses.empty();
  speeds_are_old_ |= may_have_link_speed(*place);
  interfaces_.erase(place);
  return {.links = true, .addresses = had_addresses};
}

InterfaceChanges InterfaceTable::apply_address(const NetlinkMessage& message, bool removed) {
  const auto header = netlink_struct<ifaddrmsg>(message.payload);
  if (!message.payload.has(0, sizeof header)) return {};
  const auto place = find(header.ifa_index);
  if (place == interfaces_.end() || place->index != header.ifa_index) return {};
  std::optional<IpAddress> address;
  std::optional<IpAddress> local;
  AssignedAddress found;
  found.prefix_length = header.ifa_prefixlen;
  NetlinkAttributes attributes = message.attributes(sizeof header);
  while (const auto attribute = attributes.next()) {
    const auto value = read_address(header.ifa_family, attribute->payload);
    if (attribute->type == IFA_ADDRESS) address = value;
    if (attribute->type == IFA_LOCAL) local = value;  // on point-to-point links IFA_ADDRESS is the peer
    if (attribute->type == IFA_BROADCAST && value) found.broadcast = *value;
  }
  if (!local && !address) return {};
  found.address = local ? *local : *address;

  auto& list = place->addresses;
  const auto same = std::find_if(list.begin(), list.end(), [&](const AssignedAddress& one) {
    return one.address == found.address && one.prefix_length == found.prefix_length;
  });
  if (removed) {
    if (same == list.end()) return {};
    list.erase(same);
    return {.addresses = true};
  }
  if (same == list.end()) {
    list.push_back(found);
    return {.addresses = true};
  }
  return {.addresses = std::exchange(*same, found) != found};
}

void InterfaceTable::apply_statistics(const NetlinkMessage& message) {
  const auto header = netlink_struct<if_stats_msg>(message.payload);
  const auto place = find(header.ifindex);
  if (place == interfaces_.end() || place->index != header.ifindex) return;
  NetlinkAttributes attributes = message.attributes(sizeof header);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == IFLA_STATS_LINK_64) place->counters = read_counters(attribute->payload);
  }
}

bool InterfaceTable::has_questions() const noexcept {
  return speeds_are_old_ || std::ranges::any_of(interfaces_, [](const Interface& one) {
           return one.kind.empty() && !one.loopback && !one.driver_known;
         });
}

InterfaceChanges InterfaceTable::difference(const InterfaceTable& other) const {
  const auto same_links = [](const Interface& a, const Interface& b) { return link_fields(a) == link_fields(b); };
  const auto same_addresses = [](const Interface& a, const Interface& b) { return a.addresses == b.addresses; };
  const auto differ = [&](const auto& same) {
    return !std::equal(interfaces_.begin(), interfaces_.end(), other.interfaces_.begin(), other.interfaces_.end(),
                       same);
  };
  return {.links = differ(same_links), .addresses = differ(same_addresses)};
}

bool has_link_speed(const Interface& interface, std::span<const Interface> all) noexcept {
  return has_link_speed(interface, all, kMaxStacking);
}

CounterUnits counter_units_of(const Interface& interface, std::span<const Interface> all) noexcept {
  if (interface.kind != "bond") return counter_units(interface.kind, interface.driver, interface.loopback);
  std::optional<CounterUnits> common;
  bool same = true;
  for (const Interface& port : all) {
    if (port.master_index != interface.index || port.kind == "bond") continue;
    const CounterUnits units = counter_units(port.kind, port.driver, port.loopback);
    same = same && (!common || *common == units);
    common = units;
  }
  CounterUnits units = common.value_or(CounterUnits{});
  units.exact = units.exact && common && same;
  return units;
}

LocalAddresses local_addresses_of(std::span<const Interface> interfaces) {
  LocalAddresses result;
  const auto with_index = [&](uint32_t index) {
    return std::find_if(interfaces.begin(), interfaces.end(), [&](const Interface& one) { return one.index == index; });
  };
  for (const Interface& interface : interfaces) {
    if (interface.addresses.empty()) continue;
    result.add(interface.addresses, interface.index);
    uint32_t below = interface.link_index;
    for (int depth = 0; below != 0 && depth < kMaxStacking; ++depth) {
      result.add(interface.addresses, below);
      const auto next = with_index(below);
      below = next == interfaces.end() ? 0 : next->link_index;
    }
  }
  for (const Interface& interface : interfaces) {
    auto master = with_index(interface.master_index);
    for (int depth = 0; master != interfaces.end() && depth < kMaxStacking; ++depth) {
      result.add(master->addresses, interface.index);
      master = with_index(master->master_index);
    }
  }
  return result;
}

}  // namespace nettrace
