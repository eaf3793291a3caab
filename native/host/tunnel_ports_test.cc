// Owns: tests of tunnel devices' ports: the wire format on crafted bytes, and a VXLAN of this kernel's.
// Knows nothing of: flows.
#include "native/host/tunnel_ports.h"

#include <linux/genetlink.h>
#include <linux/wireguard.h>

#include "native/dev/test.h"
#include "native/dev/test_network.h"
#include "native/host/live_fixture.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

std::vector<uint8_t> link_bytes(const std::string& kind, const std::vector<uint8_t>& data) {
  auto info = attribute(IFLA_INFO_KIND, bytes_of(kind));
  const auto nested = attribute(IFLA_INFO_DATA, data);
  info.insert(info.end(), nested.begin(), nested.end());
  ifinfomsg body{};
  body.ifi_index = 7;
  auto bytes = bytes_of(body);
  const auto all = attribute(IFLA_LINKINFO, info);
  bytes.insert(bytes.end(), all.begin(), all.end());
  return bytes;
}
NetlinkMessage message_of(uint16_t type, const std::vector<uint8_t>& bytes) {
  NetlinkMessage message;
  message.header.nlmsg_type = type;
  message.payload = Bytes(bytes.data(), bytes.size());
  return message;
}

TEST("a link tells its tunnel's port in network order, WireGuard's only its number, others nothing") {
  const auto geneve = link_bytes("geneve", attribute(IFLA_GENEVE_PORT, bytes_of(__builtin_bswap16(6082))));
  const auto link = parse_tunnel_link(message_of(RTM_NEWLINK, geneve));
  CHECK(link.has_value());
  CHECK_EQ(link->reason, Reason::kGeneve);
  CHECK_EQ(link->port, 6082);
  const auto guard = link_bytes("wireguard", {});
  CHECK_EQ(parse_tunnel_link(message_of(RTM_NEWLINK, guard))->index, 7u);
  CHECK_EQ(parse_tunnel_link(message_of(RTM_NEWLINK, guard))->port, 0);
  const auto veth = link_bytes("veth", attribute(IFLA_VXLAN_PORT, bytes_of(uint16_t{1})));
  CHECK(!parse_tunnel_link(message_of(RTM_NEWLINK, veth)).has_value());
  CHECK(!parse_tunnel_link(message_of(RTM_DELLINK, geneve)).has_value());
}

TEST("a link of any length up to its own is read without harm") {
  const auto bytes = link_bytes("vxlan", attribute(IFLA_VXLAN_PORT, bytes_of(__builtin_bswap16(4789))));
  for (size_t length = 0; length < bytes.size(); ++length) {
    const std::vector<uint8_t> part(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(length));
    const auto link = parse_tunnel_link(message_of(RTM_NEWLINK, part));
    CHECK(!link || link->port == 0 || link->port == 4789);
  }
}

TEST("WireGuard's own answer has the port that it listens on, in host order") {
  auto bytes = bytes_of(genlmsghdr{WG_CMD_GET_DEVICE, WG_GENL_VERSION, 0});
  for (const auto& one : {attribute(WGDEVICE_A_IFNAME, bytes_of(std::string("wg0"))),
                          attribute(WGDEVICE_A_LISTEN_PORT, bytes_of(uint16_t{41641}))}) {
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  CHECK_EQ(parse_wireguard_port(message_of(28, bytes)).value_or(0), 41641);
  CHECK(!parse_wireguard_port(message_of(28, bytes_of(genlmsghdr{}))).has_value());
}

void ask_for_outer_packets() {
  Network network;
  network.set_up("lo", true);
  if (!network.add_vxlan("tunnel", htonl(INADDR_LOOPBACK), htonl(0x7f000002), 4444)) {
    std::printf("    this kernel has no VXLAN\n");
    return;
  }
  network.set_up("tunnel", true);  // opens its socket
  Asker asker;
  AttributionRequest outer;
  outer.tuple = {{IpAddress::v4(INADDR_LOOPBACK), 50000}, {IpAddress::v4(0x7f000002), 4444}, IPPROTO_UDP};
  outer.initiator = Initiator::kLocal;
  CHECK_EQ(asker.ask(outer).reason, Reason::kVxlan);
  outer.tuple.local.port = 4444;
  outer.tuple.remote.port = 50000;
  outer.initiator = Initiator::kRemote;
  CHECK_EQ(asker.ask(outer).reason, Reason::kVxlan);
  const Socket mine = bind_udp();
  outer.tuple = {local_of(mine), {IpAddress::v4(0x7f000002), 53}, IPPROTO_UDP};
  CHECK(asker.ask(outer).process == this_process());
}

TEST("outer packets of a VXLAN at a port of its own are the kernel's, sent and received") {
  if (!in_own_network(ask_for_outer_packets)) SKIP("network namespaces need root");
}

}  // namespace
