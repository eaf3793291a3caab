// Owns: what is known of a network interface, and how rtnetlink messages change it. Pure.
// Knows nothing of: sockets (interfaces.h), captures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native/base/netlink_message.h"
#include "native/capture/counter_units.h"
#include "native/flow/local_addresses.h"

namespace nettrace {

/// The interface's own counters since it was made (struct rtnl_link_stats64).
struct InterfaceCounters {
  uint64_t rx_bytes = 0;
  uint64_t tx_bytes = 0;
  uint64_t rx_packets = 0;
  uint64_t tx_packets = 0;
  uint64_t rx_errors = 0;
  uint64_t tx_errors = 0;
  uint64_t rx_dropped = 0;  ///< no room in the stack, or nobody wanted the packet
  uint64_t tx_dropped = 0;
  uint64_t rx_missed = 0;  ///< no room in the device (rx_missed_errors)
  uint64_t multicast = 0;  ///< received
  uint64_t collisions = 0;
};

struct Interface {
  uint32_t index = 0;
  std::string name;                            ///< foreign text
  std::vector<std::string> alternative_names;  ///< IFLA_ALT_IFNAME
  std::string kind;                            ///< IFLA_INFO_KIND: veth, bridge, bond, tun, ...; empty for hardware
  std::string driver;                          ///< ETHTOOL_GDRVINFO, where there is no kind: virtio_net, ixgbe, ...
  std::string port_kind;                       ///< IFLA_INFO_SLAVE_KIND: kind of the master it is a port of, or empty
  uint64_t link_speed = 0;                     ///< bits per second; 0: none, unknown, or nothing a wire has
  uint64_t mac = 0;                            ///< low 48 bits; 0 where there is none
  uint32_t mtu = 0;
  uint32_t master_index = 0;      ///< the bridge, bond or VRF it is part of
  uint32_t link_index = 0;        ///< the device below (VLAN, macvlan) or the peer (veth); 0 if elsewhere
  uint16_t arp_type = 0;          ///< ARPHRD_
  uint16_t vlan_id = 0;           ///< IFLA_VLAN_ID of a VLAN device, else 0
  uint8_t operational_state = 0;  ///< IF_OPER_ (RFC 2863)
  bool up = false;                ///< IFF_UP: the administrator wants it
  bool running = false;           ///< IFF_RUNNING: it can carry packets
  bool loopback = false;
  bool point_to_point = false;
  bool link_is_elsewhere = false;  ///< the peer is in another network namespace
  bool driver_known = false;       ///< `driver` was asked for
  InterfaceCounters counters;
  std::vector<AssignedAddress> addresses;  ///< in the kernel's order
};

/// What a message or an update changed; counters are not a change.
struct InterfaceChanges {
  bool links = false;  ///< came, went, renamed, up or down, master, ...
  bool addresses = false;
  explicit operator bool() const noexcept { return links || addresses; }
  InterfaceChanges& operator|=(InterfaceChanges other) noexcept {
    links |= other.links;
    addresses |= other.addresses;
    return *this;
  }
};

/// Whether what its driver says of its speed is that of a link that carries packets now: of hardware, and of bonds and
/// VLANs over nothing else. Others make it up: veth says 10 Gbit/s, tun 10 Mbit/s, and a bridge what its ports say.
bool has_link_speed(const Interface& interface, std::span<const Interface> all) noexcept;

/// The interfaces of one network namespace, ordered by index.
class InterfaceTable {
 public:
  /// Applies RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWSTATS; others, and damaged ones, change
  /// nothing. A message that lacks attributes (wireless events) leaves what it does not name.
  InterfaceChanges apply(const NetlinkMessage& message);
  /// How this table differs from `other`, counters aside.
  InterfaceChanges difference(const InterfaceTable& other) const;
  std::span<const Interface> all() const noexcept { return interfaces_; }
  /// Whether the two below would ask.
  bool has_questions() const noexcept;
  /// Devices without a kind whose driver nobody has asked for: `ask(name)` gives it, empty where there is none.
  template <typename Ask>
  void name_drivers(Ask&& ask) {
    for (Interface& one : interfaces_) {
      if (one.kind.empty() && !one.loopback && !one.driver_known) one.driver = ask(one.name);
      one.driver_known = true;
    }
  }

  /// After a change of a device with a link speed, of all that have one: a bond's is the sum of its ports. `ask(name)`
  /// gives it in bits per second, 0 where it is not known.
  template <typename Ask>
  void read_link_speeds(Ask&& ask) {
    if (!std::exchange(speeds_are_old_, false)) return;
    for (Interface& one : interfaces_) one.link_speed = has_link_speed(one, interfaces_) ? ask(one.name) : 0;
  }

 private:
  InterfaceChanges apply_link(const NetlinkMessage& message);
  InterfaceChanges remove_link(const NetlinkMessage& message);
  InterfaceChanges apply_address(const NetlinkMessage& message, bool removed);
  void apply_statistics(const NetlinkMessage& message);
  std::vector<Interface>::iterator find(uint32_t index);

  std::vector<Interface> interfaces_;
  bool speeds_are_old_ = false;
};

/// What the counters of this interface count. A bond's are those of its ports; where they differ, or where it has
/// none, they are not exact.
CounterUnits counter_units_of(const Interface& interface, std::span<const Interface> all) noexcept;

/// The local addresses of a host with these interfaces, link-local ones shared along bridges, bonds and VLANs.
LocalAddresses local_addresses_of(std::span<const Interface> interfaces);

}  // namespace nettrace
