// Owns: what transport headers tell: ports, flags, sequence, ICMP identifiers, payload length; and that tunnels stay
// shut. Knows nothing of: link types and extension headers.
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

PacketView decode(const Packet& packet, uint32_t wire_length = 0) {
  const auto size = static_cast<uint32_t>(packet.size());
  return decode_frame(101, Bytes(packet.data(), size), wire_length == 0 ? size : wire_length, 0);
}

TEST("TCP gives ports, flags, sequence and the payload behind its options") {
  const PacketView view = decode(ipv4(6, tcp(443, 51000, filler(7), 0x18, -1, filler(12))));
  CHECK(view.outcome == Outcome::kOk);
  CHECK(view.has_transport);
  CHECK_EQ(view.source_port, 443);
  CHECK_EQ(view.destination_port, 51000);
  CHECK_EQ(view.tcp_flags, tcp_flag::kPsh | tcp_flag::kAck);
  CHECK_EQ(view.tcp_sequence, 0x01020304u);
  CHECK_EQ(view.payload_length, 7u);
}

TEST("a header that ends exactly with its packet is whole, with no payload") {
  const Packet packets[] = {
      ipv4(6, tcp(1, 2, {})),
      ipv4(6, tcp(1, 2, {}, 0x10, -1, filler(8))),
      ipv4(17, udp(1, 2, {})),
      ipv4(136, udp(1, 2, {})),
      ipv4(132, sctp(1, 2, {})),
      ipv4(33, dccp(1, 2, {})),
      ipv4(1, icmp(8, 1, {})),
      ipv4(50, {}),
      ipv4(33, cut(dccp(1, 2, {}, 3), 12)),
  };
  for (const Packet& packet : packets) {
    const PacketView view = decode(packet);
    CHECK(view.outcome == Outcome::kOk);
    CHECK_EQ(view.ip_length, packet.size());
    CHECK_EQ(view.payload_length, 0u);
  }
}

TEST("TCP options that the capture left out cost nothing") {
  const Packet whole = ipv4(6, tcp(1, 2, filler(500), 0x10, -1, filler(40)));
  const Packet captured = cut(whole, 40);
  const PacketView view = decode(captured, static_cast<uint32_t>(whole.size()));
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.payload_length, 500u);
}

TEST("ports count even where the capture ends right behind them") {
  for (const uint8_t protocol : {6, 17, 33, 132, 136}) {
    const PacketView view = decode(cut(ipv4(protocol, udp(7, 8, filler(40))), 24), 68);
    CHECK(view.outcome != Outcome::kOk);
    CHECK(view.has_transport);
    CHECK_EQ(view.destination_port, 8);
    CHECK_EQ(view.payload_length, 0u);
  }
}

TEST("a UDP payload ends where UDP says, not where the packet ends") {
  CHECK_EQ(decode(ipv4(17, udp(1, 2, filler(10), 12))).payload_length, 4u);
}

TEST("a UDP length of 0 stands for more than 65535 bytes") {
  const PacketView view = decode(ipv6(0, jumbo(17, 70'016, udp(1, 2, {}, 0)), 0), 70'056);
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.payload_length, 70'016u - 16 - 8);
}

TEST("a UDP length beyond the packet is noted beside the ports") {
  const PacketView view = decode(ipv4(17, udp(1, 2, filler(10), 100)));
  CHECK(view.outcome == Outcome::kUdpLengthExceedsPacket);
  CHECK_EQ(view.source_port, 1);
  CHECK_EQ(view.payload_length, 10u);
}

TEST("UDP-Lite gives its checksum coverage in place of a length") {
  const PacketView whole = decode(ipv4(136, udp(5, 6, filler(10), 0)));
  CHECK(whole.outcome == Outcome::kOk);
  CHECK_EQ(whole.payload_length, 10u);
  CHECK_EQ(decode(ipv4(136, udp(5, 6, filler(10), 8))).payload_length, 10u);
  CHECK(decode(ipv4(136, udp(5, 6, filler(292), 300))).outcome == Outcome::kOk);
  CHECK(decode(ipv4(136, udp(5, 6, filler(292), 301))).outcome == Outcome::kUdpLiteCoverageWrong);
}

TEST("UDP-Lite coverage of a first fragment may reach beyond it") {
  const auto packet = ipv4(136, udp(5, 6, filler(8), 500), {.fragment = kMoreFragments});
  CHECK(decode(packet).outcome == Outcome::kOk);
}

TEST("ICMP echo carries its identifier in both ports") {
  for (const uint8_t type : {0, 8, 42, 43}) {
    const PacketView view = decode(ipv4(1, icmp(type, 4242, filler(56))));
    CHECK_EQ(view.icmp_type, type);
    CHECK_EQ(view.source_port, 4242);
    CHECK_EQ(view.destination_port, 4242);
    CHECK_EQ(view.payload_length, 56u);
  }
  for (const uint8_t type : {128, 129, 160, 161}) {
    CHECK_EQ(decode(ipv6(58, icmp(type, 4242, {}))).source_port, 4242);
  }
}

TEST("an ICMP error has a type but no ports, whatever it quotes") {
  const PacketView four = decode(ipv4(1, icmp(3, 0x1234, ipv4(17, udp(7, 8, {})))));
  CHECK(four.has_transport);
  CHECK_EQ(four.icmp_type, 3);
  CHECK_EQ(four.source_port, 0);
  const PacketView six = decode(ipv6(58, icmp(1, 0x1234, ipv6(17, udp(7, 8, {})))));
  CHECK_EQ(six.icmp_type, 1);
  CHECK_EQ(six.destination_port, 0);
}

TEST("echo numbers of one ICMP version mean nothing in the other") {
  CHECK_EQ(decode(ipv4(1, icmp(128, 4242, {}))).source_port, 0);
  CHECK_EQ(decode(ipv6(58, icmp(8, 4242, {}))).source_port, 0);
}

TEST("SCTP and DCCP give ports and what lies behind their headers") {
  const PacketView stream = decode(ipv4(132, sctp(3868, 3869, filler(16))));
  CHECK(stream.outcome == Outcome::kOk);
  CHECK_EQ(stream.destination_port, 3869);
  CHECK_EQ(stream.payload_length, 16u);
  const PacketView congestion = decode(ipv6(33, dccp(5001, 5002, filler(9))));
  CHECK(congestion.outcome == Outcome::kOk);
  CHECK_EQ(congestion.source_port, 5001);
  CHECK_EQ(congestion.payload_length, 9u);
}

TEST("other protocols are known by number, with all behind IP as payload") {
  for (const uint8_t protocol : {2, 47, 50, 89, 103, 112, 255}) {
    const PacketView view = decode(ipv4(protocol, filler(24)));
    CHECK(view.outcome == Outcome::kOk);
    CHECK_EQ(view.protocol, protocol);
    CHECK(!view.has_transport);
    CHECK_EQ(view.payload_length, 24u);
  }
}

TEST("a tunnel is described by its outer packet") {
  const Packet inner = ipv4(6, tcp(80, 81, filler(100)));
  CHECK_EQ(decode(ipv4(4, inner)).protocol, 4);
  CHECK_EQ(decode(ipv6(41, ipv6(17, udp(1, 2, {})))).protocol, 41);
  const PacketView gre = decode(ipv4(47, be16(0) + be16(0x0800) + inner));
  CHECK_EQ(gre.protocol, 47);
  CHECK(!gre.has_transport);
  const PacketView vxlan = decode(ipv4(17, udp(50000, 4789, filler(8) + ethernet(0x0800, inner))));
  CHECK_EQ(vxlan.destination_port, 4789);
  CHECK_EQ(vxlan.payload_length, 8u + 14 + 140);
}

TEST("the payload of TCP and UDP is found in the frame, behind options and extension headers; an empty one nowhere") {
  CHECK_EQ(decode(ipv4(6, tcp(443, 51000, filler(7), 0x18, -1, filler(12)))).payload_offset, 20u + 32);
  CHECK_EQ(decode(ipv4(17, udp(53, 51000, filler(7)), {.options = filler(8)})).payload_offset, 28u + 8);
  CHECK_EQ(decode(ipv6(0, extension(17, udp(1, 2, filler(3))))).payload_offset, 40u + 8 + 8);
  CHECK_EQ(decode(ipv4(6, tcp(443, 51000, {}))).payload_offset, 0u);
  CHECK_EQ(decode(cut(ipv4(17, udp(1, 2, filler(40))), 28), 68).payload_offset, 0u);
}

}  // namespace
}  // namespace nettrace
