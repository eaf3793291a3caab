// Tests: direction and orientation of one packet.
#include "native/flow/sighting.h"

#include "native/dev/packets.h"
#include "native/dev/test.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

LocalAddresses own_addresses() {
  LocalAddresses addresses;
  const AssignedAddress own{IpAddress::v4(kOwnAddress), 24, IpAddress::v4(0x0a0000ff)};
  addresses.add({&own, 1}, 2);
  return addresses;
}

const Vantage kEthernet{2, 2, kOwnMac, false, false};

Sighting see(const PacketView& view, const Vantage& vantage = kEthernet) {
  return look(view, vantage, own_addresses()).items[0];
}

}  // namespace

TEST("a packet from the own link address is sent, with the own endpoint as local") {
  const Sighting sighting = see(packet(IPPROTO_TCP, 1000, 80));
  CHECK(sighting.sent);
  CHECK_EQ(sighting.tuple.local.port, 1000);
  CHECK_EQ(sighting.tuple.remote.port, 80);
}

TEST("the way back meets the same tuple and is received") {
  const PacketView out = packet(IPPROTO_TCP, 1000, 80);
  const Sighting back = see(reply(out));
  CHECK(!back.sent);
  CHECK(back.tuple == see(out).tuple);
}

TEST("a packet that claims the own IP address but comes from another link address is received and not ours") {
  PacketView spoofed = packet(IPPROTO_TCP, 1000, 80);
  spoofed.source_mac = kPeerMac;
  spoofed.destination_mac = kOwnMac;
  const Sighting sighting = see(spoofed);
  CHECK(!sighting.sent);
  CHECK(sighting.reason == Reason::kForwardedPacket);
}

TEST("the kernel's word on the direction goes before the link addresses") {
  PacketView injected = packet(IPPROTO_TCP, 1000, 80);  // from a container's link address, over a bridge of this host
  injected.source_mac = kPeerMac;
  injected.packet_type = PacketType::kOutgoing;
  CHECK(see(injected).sent);
  PacketView mirrored = packet(IPPROTO_TCP, 1000, 80);  // our own frame, sent back to us by a switch
  mirrored.packet_type = PacketType::kOtherHost;
  CHECK(!see(mirrored).sent);
}

TEST("without link addresses the IP addresses decide") {
  PacketView view = packet(IPPROTO_UDP, 5, 6);
  view.source_mac = view.destination_mac = 0;
  const Vantage tun{3, 3, 0, false, false};
  CHECK(see(view, tun).sent);
  CHECK(!see(reply(view), tun).sent);
}

TEST("the kernel's own word in a cooked header wins over addresses") {
  PacketView view = packet(IPPROTO_UDP, 5, 6);
  view.source_mac = view.destination_mac = 0;
  view.packet_type = PacketType::kHost;
  CHECK(!see(view, {3, 3, 0, false, false}).sent);
  view.packet_type = PacketType::kOutgoing;
  CHECK(see(view, {3, 3, 0, false, false}).sent);
}

TEST("a packet between two foreign addresses is forwarded and both directions meet in one flow") {
  PacketView view = packet(IPPROTO_TCP, 1000, 80);
  view.source = IpAddress::v4(0xc0000201);
  view.destination = IpAddress::v4(0xc0000202);
  const Sighting out = see(view);
  const Sighting back = see(reply(view));
  CHECK(out.reason == Reason::kForwardedPacket);
  CHECK(out.tuple == back.tuple);
  CHECK(out.sent && !back.sent);
}

TEST("multicast and broadcast that arrive are for this host") {
  PacketView view = reply(packet(IPPROTO_UDP, 68, 67));
  view.destination = IpAddress::v4(0xffffffff);
  view.destination_mac = 0xffffffffffff;
  CHECK(see(view).oriented);
  view.destination = IpAddress::v4(0xe0000001);
  CHECK(see(view).oriented);
}

TEST("a packet sent from no address yet (DHCP) is ours") {
  PacketView view = packet(IPPROTO_UDP, 68, 67);
  view.source = IpAddress::v4(0);
  view.destination = IpAddress::v4(0xffffffff);
  CHECK(see(view).oriented && see(view).sent);
}

TEST("a loopback packet is seen by its sender and by its receiver") {
  PacketView view = packet(IPPROTO_TCP, 1000, 80);
  const Sightings both = look(view, {1, 1, 0, true, false}, own_addresses());
  CHECK_EQ(both.count, size_t{2});
  CHECK(both.items[0].sent && both.items[0].tuple.local.port == 1000);
  CHECK(!both.items[1].sent && both.items[1].tuple.local.port == 80);
}

TEST("frames without IP name the reason: arp, not IP, undecoded") {
  PacketView view = packet(0, 0, 0);
  view.ip_version = 0;
  view.outcome = Outcome::kArp;
  CHECK(see(view).reason == Reason::kArp);
  view.outcome = Outcome::kNotIp;
  CHECK(see(view).reason == Reason::kNotIp);
  view.outcome = Outcome::kEthernetTruncated;
  CHECK(see(view).reason == Reason::kUndecoded);
  CHECK(!see(view).has_flow);
}

TEST("the initiator is the sender of the SYN, the receiver of the SYN-ACK, the asker of an echo") {
  PacketView view = syn(1000, 80, 1);
  CHECK(initiator_of(view, true) == Initiator::kLocal);
  CHECK(initiator_of(view, false) == Initiator::kRemote);
  view.tcp_flags |= tcp_flag::kAck;
  CHECK(initiator_of(view, true) == Initiator::kRemote);
  view.tcp_flags = tcp_flag::kAck;
  CHECK(initiator_of(view, true) == Initiator::kUnknown);
  PacketView echo = packet(IPPROTO_ICMP, 7, 7);
  echo.icmp_type = 8;
  CHECK(initiator_of(echo, false) == Initiator::kRemote);
  echo.icmp_type = 0;
  CHECK(initiator_of(echo, false) == Initiator::kLocal);
}
