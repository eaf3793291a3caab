// Owns: tests of what link, address and statistics messages do to the table; the messages are made by hand.
#include "native/capture/interface.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <random>

#include "native/dev/test.h"
#include "native/dev/test_network.h"

namespace nettrace {
namespace {

constexpr unsigned kRunning = IFF_UP | IFF_RUNNING;

template <typename T>
std::span<const uint8_t> raw(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}
std::span<const uint8_t> raw(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.c_str()), text.size() + 1};
}

InterfaceChanges apply(InterfaceTable& table, NetlinkRequest& request) {
  InterfaceChanges changes;
  NetlinkMessages messages{Bytes(request.finish(1, 0))};
  while (const auto message = messages.next()) changes |= table.apply(*message);
  return changes;
}

NetlinkRequest link_message(uint16_t type, int index, unsigned flags, uint8_t family = AF_UNSPEC) {
  ifinfomsg header{};
  header.ifi_family = family;
  header.ifi_index = index;
  header.ifi_flags = flags;
  header.ifi_type = 1;
  return NetlinkRequest(type, 0, header);
}

InterfaceChanges add_link(InterfaceTable& table, int index, const std::string& name, unsigned flags = IFF_UP,
                          uint32_t master = 0, uint32_t link = 0) {
  NetlinkRequest request = link_message(RTM_NEWLINK, index, flags);
  request.attribute(IFLA_IFNAME, raw(name));
  if (master != 0) request.attribute(IFLA_MASTER, raw(master));
  if (link != 0) request.attribute(IFLA_LINK, raw(link));
  return apply(table, request);
}

NetlinkRequest address_message(uint16_t type, uint32_t index, uint32_t local, uint32_t peer, uint8_t prefix) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_index = index;
  header.ifa_prefixlen = prefix;
  NetlinkRequest request(type, 0, header);
  request.attribute(IFA_ADDRESS, raw(__builtin_bswap32(peer)));
  request.attribute(IFA_LOCAL, raw(__builtin_bswap32(local)));
  return request;
}

void add_link_local(InterfaceTable& table, uint32_t index, uint8_t last_byte) {
  ifaddrmsg header{};
  header.ifa_family = AF_INET6;
  header.ifa_index = index;
  header.ifa_prefixlen = 64;
  NetlinkRequest request(RTM_NEWADDR, 0, header);
  request.attribute(IFA_ADDRESS,
                    raw(std::array<uint8_t, 16>{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last_byte}));
  apply(table, request);
}

IpAddress link_local(uint8_t last_byte) {
  IpAddress address;
  address.bytes = {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last_byte};
  return address;
}

}  // namespace

TEST("a link message sets name, flags, kind, MAC and counters") {
  InterfaceTable table;
  NetlinkRequest request = link_message(RTM_NEWLINK, 5, IFF_UP | IFF_RUNNING | IFF_POINTOPOINT);
  request.attribute(IFLA_IFNAME, raw(std::string("tun0")));
  request.attribute(IFLA_ADDRESS, raw(std::array<uint8_t, 6>{2, 0, 0, 0, 1, 255}));
  request.attribute(IFLA_MTU, raw(uint32_t{1420}));
  const std::string kind("\x08\0\x01\0tun\0", 8);  // IFLA_INFO_KIND
  request.attribute(IFLA_LINKINFO, std::span(reinterpret_cast<const uint8_t*>(kind.data()), kind.size()));
  rtnl_link_stats64 stats{};
  stats.rx_bytes = 5'000'000'000;
  stats.tx_dropped = 7;
  request.attribute(IFLA_STATS64, raw(stats));
  CHECK(apply(table, request).links);
  CHECK_EQ(table.all().size(), 1U);
  const Interface& one = table.all()[0];
  CHECK_EQ(one.name, std::string("tun0"));
  CHECK_EQ(one.kind, std::string("tun"));
  CHECK_EQ(one.mac, 0x0200'0000'01ffU);
  CHECK_EQ(one.mtu, 1420U);
  CHECK(one.up && one.running && one.point_to_point && !one.loopback);
  CHECK_EQ(one.counters.rx_bytes, 5'000'000'000U);
  CHECK_EQ(one.counters.tx_dropped, 7U);
  CHECK(!apply(table, request));  // the same again is no change
}

TEST("a VLAN device has its number, a port the kind of its master until it leaves it") {
  const auto nested = [](uint16_t type, const std::vector<uint8_t>& payload) { return test::attribute(type, payload); };
  auto info = nested(IFLA_INFO_KIND, test::bytes_of(std::string("vlan")));
  for (const auto& more : {nested(IFLA_INFO_DATA, nested(IFLA_VLAN_ID, test::bytes_of(uint16_t{100}))),
                           nested(IFLA_INFO_SLAVE_KIND, test::bytes_of(std::string("bridge")))}) {
    info.insert(info.end(), more.begin(), more.end());
  }
  InterfaceTable table;
  NetlinkRequest request = link_message(RTM_NEWLINK, 5, IFF_UP);
  request.attribute(IFLA_IFNAME, raw(std::string("eth0.100")));
  request.attribute(IFLA_LINKINFO, info);
  apply(table, request);
  CHECK_EQ(table.all()[0].vlan_id, 100);
  CHECK_EQ(table.all()[0].port_kind, std::string("bridge"));
  CHECK(add_link(table, 5, "eth0.100").links);
  CHECK_EQ(table.all()[0].port_kind, std::string());
  CHECK_EQ(table.all()[0].vlan_id, 100);
}

TEST("the driver of a device without a kind is asked for once") {
  InterfaceTable table;
  add_link(table, 2, "eth0");
  add_link(table, 3, "eth1");
  int asked = 0;
  for (int i = 0; i < 2; ++i) {
    table.name_drivers([&](const std::string& name) {
      ++asked;
      return name == "eth0" ? std::string("virtio_net") : std::string();
    });
  }
  CHECK_EQ(asked, 2);
  CHECK_EQ(table.all()[0].driver, std::string("virtio_net"));
}

TEST("a speed is read of links that run, and of what stands on nothing but such links") {
  InterfaceTable table;
  const auto add = [&](int index, const std::string& name, const std::string& kind, uint32_t master, uint32_t link,
                       unsigned flags = kRunning) {
    NetlinkRequest request = link_message(RTM_NEWLINK, index, flags);
    request.attribute(IFLA_IFNAME, raw(name));
    if (master != 0) request.attribute(IFLA_MASTER, raw(master));
    if (link != 0) request.attribute(IFLA_LINK, raw(link));
    if (!kind.empty()) {
      request.attribute(IFLA_LINKINFO, test::attribute(IFLA_INFO_KIND, test::bytes_of(kind)));
    }
    apply(table, request);
  };
  std::string asked;
  const auto read = [&] {
    asked.clear();
    table.read_link_speeds([&](const std::string& name) {
      asked += name + " ";
      return uint64_t{1'000'000'000};
    });
    return asked;
  };
  add(1, "lo", "", 0, 0, kRunning | IFF_LOOPBACK);
  add(2, "eth0", "", 8, 0);
  add(3, "eth1", "", 8, 0, IFF_UP);  // without a carrier
  add(4, "veth0", "veth", 9, 0);
  add(5, "tap0", "tun", 9, 0);
  add(6, "vlan0", "vlan", 0, 8);
  add(7, "vlan1", "vlan", 0, 4);
  add(8, "bond0", "bond", 0, 0);
  add(9, "bond1", "bond", 0, 0);
  add(10, "br0", "bridge", 0, 0);
  add(11, "mac0", "macvlan", 0, 0);  // on something in another network namespace
  CHECK_EQ(read(), std::string("eth0 vlan0 bond0 "));
  CHECK_EQ(table.all()[1].link_speed, 1'000'000'000U);
  CHECK_EQ(table.all()[3].link_speed, 0U);
  CHECK_EQ(read(), std::string());  // nothing has changed
  add(4, "veth1", "veth", 9, 0);
  CHECK_EQ(read(), std::string());  // containers come and go: no reason to ask the hardware
  add(2, "eth0", "", 8, 0, IFF_UP);
  CHECK_EQ(read(), std::string("vlan0 bond0 "));
  CHECK_EQ(table.all()[1].link_speed, 0U);
}

TEST("a bond counts as its ports do, and not to the byte where they differ") {
  InterfaceTable table;
  add_link(table, 3, "bond0");
  for (const int port : {4, 5}) add_link(table, port, "eth" + std::to_string(port), IFF_UP, 3);
  std::vector<Interface> all(table.all().begin(), table.all().end());
  all[0].kind = "bond";
  all[1].driver = all[2].driver = "r8169";
  CHECK(counter_units_of(all[0], all) == counter_units({}, "r8169", false));
  all[2].driver = "ixgbe";
  CHECK(!counter_units_of(all[0], all).exact);
  CHECK(!counter_units_of(all[0], std::span(all).first(1)).exact);
}

TEST("a rename, a state change and a lost master are changes; counters are not") {
  InterfaceTable table;
  add_link(table, 2, "eth0", IFF_UP, 9);
  CHECK(add_link(table, 2, "wan0", IFF_UP, 9).links);
  CHECK(add_link(table, 2, "wan0", 0, 9).links);
  CHECK_EQ(table.all()[0].master_index, 9U);
  CHECK(add_link(table, 2, "wan0", 0).links);
  CHECK_EQ(table.all()[0].master_index, 0U);
  if_stats_msg header{};
  header.ifindex = 2;
  NetlinkRequest request(RTM_NEWSTATS, 0, header);
  rtnl_link_stats64 stats{};
  stats.tx_packets = 3;
  request.attribute(IFLA_STATS_LINK_64, raw(stats));
  CHECK(!apply(table, request));
  CHECK_EQ(table.all()[0].counters.tx_packets, 3U);
}

TEST("a wireless event without a name leaves the name, and adds no unknown link") {
  InterfaceTable table;
  add_link(table, 3, "wlan0", IFF_UP, 9);
  NetlinkRequest event = link_message(RTM_NEWLINK, 3, IFF_UP);
  CHECK(!apply(table, event));
  CHECK_EQ(table.all()[0].name, std::string("wlan0"));
  CHECK_EQ(table.all()[0].master_index, 9U);
  NetlinkRequest unknown = link_message(RTM_NEWLINK, 4, IFF_UP);
  CHECK(!apply(table, unknown));
  CHECK_EQ(table.all().size(), 1U);
}

TEST("a port that leaves its bridge stays an interface") {
  InterfaceTable table;
  add_link(table, 3, "veth1");
  NetlinkRequest left = link_message(RTM_DELLINK, 3, IFF_UP, AF_BRIDGE);
  CHECK(!apply(table, left));
  CHECK_EQ(table.all().size(), 1U);
  NetlinkRequest removed = link_message(RTM_DELLINK, 3, 0);
  CHECK(apply(table, removed).links);
  CHECK(table.all().empty());
}

TEST("on a point-to-point link the own address counts, not the peer's") {
  InterfaceTable table;
  add_link(table, 3, "ppp0");
  NetlinkRequest added = address_message(RTM_NEWADDR, 3, 0x0a000001, 0x0a000002, 32);
  CHECK(apply(table, added).addresses);
  CHECK(!apply(table, added));
  CHECK_EQ(table.all()[0].addresses.size(), 1U);
  CHECK_EQ(table.all()[0].addresses[0].address.text(), std::string("10.0.0.1"));
  NetlinkRequest unknown = address_message(RTM_NEWADDR, 4, 1, 1, 32);
  CHECK(!apply(table, unknown));
  NetlinkRequest removed = address_message(RTM_DELADDR, 3, 0x0a000001, 0x0a000002, 32);
  CHECK(apply(table, removed).addresses);
  CHECK(!apply(table, removed));
  CHECK(table.all()[0].addresses.empty());
}

TEST("the table stays ordered by index and tells how two of them differ") {
  InterfaceTable table;
  for (const int index : {7, 2, 5}) add_link(table, index, "if" + std::to_string(index));
  CHECK_EQ(table.all()[0].name, std::string("if2"));
  CHECK_EQ(table.all()[2].name, std::string("if7"));
  InterfaceTable other = table;
  CHECK(!table.difference(other));
  NetlinkRequest added = address_message(RTM_NEWADDR, 5, 1, 1, 32);
  apply(other, added);
  CHECK(table.difference(other).addresses && !table.difference(other).links);
  add_link(other, 9, "if9");
  CHECK(other.difference(table).links);
}

TEST("a link-local address is shared with ports of the bridge and the device below a VLAN") {
  InterfaceTable table;
  add_link(table, 1, "eth0");
  add_link(table, 2, "eth0.10", IFF_UP, 0, 1);
  add_link(table, 3, "br0");
  add_link(table, 4, "veth0", IFF_UP, 3);
  add_link(table, 5, "eth1");
  add_link_local(table, 2, 0x22);
  add_link_local(table, 3, 0x33);
  const LocalAddresses addresses = local_addresses_of(table.all());
  CHECK(addresses.is_local(link_local(0x22), 1));
  CHECK(addresses.is_local(link_local(0x33), 4));
  CHECK(!addresses.is_local(link_local(0x33), 1));
  CHECK(!addresses.is_local(link_local(0x22), 5));
}

TEST("cut and damaged messages are read inside their bytes only") {
  NetlinkRequest request = link_message(RTM_NEWLINK, 5, IFF_UP);
  request.attribute(IFLA_IFNAME, raw(std::string("eth0")));
  request.attribute(IFLA_STATS64, raw(rtnl_link_stats64{}));
  request.attribute(IFLA_MTU, raw(uint32_t{1500}));
  const auto whole = request.finish(1, 0);
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::vector<uint8_t> bytes(whole.begin(), whole.end());
    for (int i = 0; i < 3; ++i)
      bytes[sizeof(nlmsghdr) + random() % (bytes.size() - sizeof(nlmsghdr))] = static_cast<uint8_t>(random());
    const std::vector<uint8_t> payload(
        bytes.begin() + sizeof(nlmsghdr),
        bytes.begin() + sizeof(nlmsghdr) + static_cast<ptrdiff_t>(random() % (bytes.size() - sizeof(nlmsghdr) + 1)));
    constexpr uint16_t kTypes[] = {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWSTATS};
    NetlinkMessage message;
    message.header.nlmsg_type = kTypes[random() % std::size(kTypes)];
    message.payload = Bytes(payload);
    InterfaceTable table;
    add_link(table, 5, "eth0");
    table.apply(message);
    CHECK(table.all().size() <= 2);
  }
}

}  // namespace nettrace
