// Owns: that IP is found behind every link type and tag that is decoded, and what the link header itself tells.
// Knows nothing of: broken frames; decode_outcome_test.cc has those.
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

PacketView decode(int link_type, const Packet& frame) {
  return decode_frame(link_type, Bytes(frame.data(), frame.size()), static_cast<uint32_t>(frame.size()), 77);
}
Packet four() {
  return ipv4(17, udp(1000, 2000, filler(10)));
}
Packet six() {
  return ipv6(17, udp(1000, 2000, filler(10)));
}
Packet host_order(uint32_t value) {
  return {uint8_t(value), uint8_t(value >> 8), uint8_t(value >> 16), uint8_t(value >> 24)};
}

struct LinkCase {
  const char* name;
  int link_type;
  Packet frame;
  uint8_t ip_version;
};

TEST("IP is found behind every link type and tag that is decoded") {
  const LinkCase cases[] = {
      {"Ethernet", 1, ethernet(0x0800, four()), 4},
      {"Ethernet, IPv6", 1, ethernet(0x86dd, six()), 6},
      {"802.1Q", 1, ethernet(0x8100, tag(5, 0x0800, four())), 4},
      {"802.1ad", 1, ethernet(0x88a8, tag(5, 0x8100, tag(6, 0x86dd, six()))), 6},
      {"0x9100, four tags", 1, ethernet(0x9100, tag(1, 0x88a8, tag(2, 0x8100, tag(3, 0x8100, tag(4, 0x0800, four()))))),
       4},
      {"MACsec in clear", 1, ethernet(0x88e5, be8(0) + filler(5) + be16(0x0800) + four() + filler(16)), 4},
      {"MACsec with channel", 1, ethernet(0x88e5, be8(0x20) + filler(13) + be16(0x86dd) + six() + filler(16)), 6},
      {"time stamp of 64 bits", 1, ethernet(0xd28b, be16(1) + be16(0x10) + filler(8) + be16(0x0800) + four()), 4},
      {"time stamp of 48 bits", 1, ethernet(0xd28b, be16(1) + be16(0x120) + filler(6) + be16(0x0800) + four()), 4},
      {"LLC and SNAP", 1, ethernet(46, snap(0x0800, four())), 4},
      {"SNAP of a bridge tunnel", 1, ethernet(46, snap(0x86dd, six(), 0xf8)), 6},
      {"LLC with access point IP", 1, ethernet(41, Packet{6, 6, 3} + four()), 4},
      {"802.1Q with LLC inside", 1, ethernet(0x8100, tag(5, 46, snap(0x0800, four()))), 4},
      {"MPLS", 1, ethernet(0x8847, mpls(16, false, mpls(17, true, four()))), 4},
      {"MPLS multicast", 1, ethernet(0x8848, mpls(17, true, six())), 6},
      {"PPPoE", 1, ethernet(0x8864, pppoe(be16(0x21) + four())), 4},
      {"PPPoE in 802.1Q, padded", 1, ethernet(0x8100, tag(7, 0x8864, pppoe(be16(0x57) + six()) + filler(9))), 6},
      {"SLL", 113, sll(0x0800, four()), 4},
      {"SLL with 802.1Q", 113, sll(0x8100, tag(5, 0x86dd, six())), 6},
      {"SLL with LLC", 113, sll(4, snap(0x0800, four())), 4},
      {"SLL2", 276, sll2(0x86dd, six()), 6},
      {"raw", 101, four(), 4},
      {"raw, DLT value", 12, six(), 6},
      {"raw, DLT value of OpenBSD", 14, four(), 4},
      {"IPv4", 228, four(), 4},
      {"IPv6", 229, six(), 6},
      {"NULL, little-endian", 0, host_order(2) + four(), 4},
      {"NULL, big-endian", 0, be32(2) + four(), 4},
      {"NULL, Linux IPv6", 0, host_order(10) + six(), 6},
      {"NULL, NetBSD IPv6", 0, host_order(24) + six(), 6},
      {"NULL, FreeBSD IPv6", 0, be32(28) + six(), 6},
      {"LOOP, Darwin IPv6", 108, be32(30) + six(), 6},
      {"PPP", 9, be16(0x21) + four(), 4},
      {"PPP with address and control", 9, Packet{0xff, 3, 0, 0x57} + six(), 6},
      {"PPP with compressed protocol", 9, Packet{0xff, 3, 0x21} + four(), 4},
      {"PPP with MPLS", 9, be16(0x281) + mpls(17, true, four()), 4},
      {"PPP with MPLS multicast", 9, be16(0x283) + mpls(17, true, four()), 4},
      {"PPP in HDLC framing", 50, Packet{0xff, 3, 0, 0x21} + four(), 4},
      {"Cisco HDLC under the PPP type", 50, Packet{0x0f, 0} + be16(0x0800) + four(), 4},
      {"Cisco HDLC broadcast", 50, Packet{0x8f, 0} + be16(0x86dd) + six(), 6},
      {"Cisco HDLC", 104, Packet{0x0f, 0} + be16(0x0800) + four(), 4},
      {"PPPoE link type", 51, pppoe(be16(0x21) + four()), 4},
  };
  for (const LinkCase& one : cases) {
    const PacketView view = decode(one.link_type, one.frame);
    const std::string name = std::string(one.name) + ": ";
    CHECK(link_type_is_decoded(one.link_type));
    CHECK_EQ(name + std::string(outcome_label(view.outcome)), name + "ok");
    CHECK_EQ(name + std::to_string(view.ip_version), name + std::to_string(one.ip_version));
    CHECK_EQ(name + std::to_string(view.source_port), name + "1000");
    CHECK_EQ(name + std::to_string(view.payload_length), name + "10");
  }
}

TEST("an Ethernet header gives both addresses, the innermost ethertype and the outermost VLAN") {
  const PacketView view = decode(1, ethernet(0x88a8, tag(0xa005, 0x8100, tag(6, 0x86dd, six()))));
  CHECK_EQ(view.source_mac, 0x020000000001u);
  CHECK_EQ(view.destination_mac, 0x020000000002u);
  CHECK_EQ(view.ethertype, 0x86dd);
  CHECK_EQ(view.vlan_id, 5);
  CHECK_EQ(view.wire_length, 14u + 8 + 40 + 18);
  CHECK_EQ(view.timestamp_ns, 77);
  CHECK(view.packet_type == PacketType::kUnknown);
}

TEST("a priority tag without a VLAN leaves the VLAN to the tag within") {
  CHECK_EQ(decode(1, ethernet(0x8100, tag(0xe000, 0x8100, tag(6, 0x0800, four())))).vlan_id, 6);
}

TEST("a cooked header gives the direction and the sender's address") {
  const PacketView out = decode(113, sll(0x0800, four(), 4));
  CHECK(out.packet_type == PacketType::kOutgoing);
  CHECK_EQ(out.source_mac, 0x020000000001u);
  CHECK_EQ(out.destination_mac, 0u);
  CHECK_EQ(out.ethertype, 0x0800);
  const PacketView in = decode(276, sll2(0x0800, four(), 0));
  CHECK(in.packet_type == PacketType::kHost);
  CHECK_EQ(in.source_mac, 0x020000000001u);
  CHECK(decode(276, sll2(0x0800, four(), 9)).packet_type == PacketType::kUnknown);
}

TEST("an address that is not six bytes long is not taken for a MAC address") {
  Packet frame = sll(0x0800, four());
  frame[5] = 4;
  CHECK_EQ(decode(113, frame).source_mac, 0u);
}

TEST("an ARP frame is told from other frames that are not IP, and its ethertype is kept") {
  CHECK(decode(113, sll(0x0806, filler(28))).outcome == Outcome::kArp);
  CHECK_EQ(decode(1, ethernet(0x88cc, filler(40))).ethertype, 0x88cc);
}

TEST("0x600 is the first ethertype; below it stands an 802.3 length") {
  CHECK(decode(1, ethernet(0x600, filler(60))).outcome == Outcome::kNotIp);
  CHECK(decode(1, ethernet(0x5ff, filler(60))).outcome == Outcome::kLlcNotIp);
  CHECK(decode(113, sll(0x600, filler(60))).outcome == Outcome::kNotIp);
}

TEST("an unknown link type is counted by its length and nothing is guessed") {
  const PacketView view = decode(127, ethernet(0x0800, four()));
  CHECK(!link_type_is_decoded(127));
  CHECK_EQ(view.wire_length, 14u + 20 + 18);
  CHECK_EQ(view.ip_version, 0);
  CHECK_EQ(view.source_mac, 0u);
}

TEST("PPP behind a PPPoE length that is too long is decoded with what is there") {
  const PacketView view = decode(51, pppoe(be16(0x21) + four(), 500));
  CHECK(view.outcome == Outcome::kPppoeLengthExceedsFrame);
  CHECK_EQ(view.destination_port, 2000);
}

}  // namespace
}  // namespace nettrace
