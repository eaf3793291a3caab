// Owns: what IPv4 and IPv6 headers tell: addresses, lengths, fragments, the protocol behind extension headers.
// Knows nothing of: link types and ports beyond those that show where the transport begins.
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
Packet datagram() {
  return udp(1000, 2000, filler(10));
}

TEST("an IPv4 header gives addresses, protocol and length") {
  const PacketView view = decode(ipv4(17, datagram()));
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.source.text(), "10.0.0.1");
  CHECK_EQ(view.destination.text(), "10.0.0.2");
  CHECK_EQ(view.ip_version, 4);
  CHECK_EQ(view.protocol, 17);
  CHECK_EQ(view.ip_length, 38u);
  CHECK(view.fragment == FragmentKind::kNone);
  CHECK_EQ(view.fragment_id, 0u);
}

TEST("an IPv6 header gives addresses, protocol and length") {
  const PacketView view = decode(ipv6(17, datagram()));
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.source.text(), "2001:db8::1");
  CHECK_EQ(view.destination.text(), "2001:db8::2");
  CHECK_EQ(view.ip_version, 6);
  CHECK_EQ(view.ip_length, 58u);
}

TEST("padding behind a short packet is in the wire length only") {
  const Packet frame = ethernet(0x0800, ipv4(6, tcp(1, 2, {})) + filler(6));
  const PacketView view = decode_frame(1, Bytes(frame.data(), frame.size()), 60, 0);
  CHECK_EQ(view.wire_length, 60u);
  CHECK_EQ(view.ip_length, 40u);
  CHECK_EQ(view.payload_length, 0u);
  CHECK_EQ(decode(ipv6(17, datagram()) + filler(9)).ip_length, 58u);
}

TEST("IPv4 options are stepped over") {
  const PacketView view = decode(ipv4(17, datagram(), {.options = filler(40)}));
  CHECK_EQ(view.source_port, 1000);
  CHECK_EQ(view.ip_length, 78u);
  CHECK_EQ(view.payload_length, 10u);
}

TEST("a total length of 0 is an offloaded packet: the frame tells its length") {
  const PacketView view = decode(ipv4(6, tcp(1, 2, {}), {.total = 0}), 80'000);
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.ip_length, 80'000u);
  CHECK_EQ(view.payload_length, 79'960u);
}

TEST("a payload length of 0 is an offloaded packet too, unless nothing is announced") {
  CHECK_EQ(decode(ipv6(6, tcp(1, 2, {}), 0), 80'000).payload_length, 79'940u);
  const PacketView nothing = decode(ipv6(59, filler(6), 0));
  CHECK(nothing.outcome == Outcome::kOk);
  CHECK_EQ(nothing.ip_length, 40u);
}

TEST("a jumbogram's length stands in its hop-by-hop option") {
  const PacketView view = decode(ipv6(0, jumbo(6, 70'016, tcp(1, 2, {})), 0), 70'100);
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.ip_length, 70'056u);
  CHECK_EQ(view.payload_length, 70'016u - 16 - 20);
  // As Linux writes it: nothing but the option, in eight bytes.
  const Packet shortest = be8(6) + be8(0) + Packet{0xc2, 4} + be32(70'008) + tcp(1, 2, {});
  CHECK_EQ(decode(ipv6(0, shortest, 0), 70'100).payload_length, 70'008u - 8 - 20);
  const PacketView beyond = decode(ipv6(0, jumbo(17, 0xffffffff, datagram()), 0), 70'100);
  CHECK(beyond.outcome == Outcome::kIpv6LengthExceedsFrame);
  CHECK_EQ(beyond.ip_length, 70'100u);
}

TEST("a length beyond the frame is noted, and the packet is decoded as far as the frame goes") {
  const PacketView four = decode(ipv4(17, datagram(), {.total = 500}));
  CHECK(four.outcome == Outcome::kIpv4LengthExceedsFrame);
  CHECK_EQ(four.ip_length, 38u);
  CHECK_EQ(four.destination_port, 2000);
  const PacketView six = decode(ipv6(17, datagram(), 500));
  CHECK(six.outcome == Outcome::kIpv6LengthExceedsFrame);
  CHECK_EQ(six.ip_length, 58u);
  CHECK_EQ(six.destination_port, 2000);
}

TEST("the first thing that is wrong is the outcome") {
  CHECK(decode(ipv4(6, cut(tcp(1, 2, {}), 10), {.total = 500})).outcome == Outcome::kIpv4LengthExceedsFrame);
}

TEST("a frame that holds more than its wire length claims is decoded by what it holds") {
  const PacketView view = decode(ipv4(17, datagram()), 10);
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.wire_length, 10u);
}

TEST("the first IPv4 fragment has ports and the id by which later ones find them") {
  const PacketView first = decode(ipv4(17, udp(1000, 2000, filler(16), 4000), {.fragment = kMoreFragments, .id = 99}));
  CHECK(first.outcome == Outcome::kOk);
  CHECK(first.fragment == FragmentKind::kFirst);
  CHECK_EQ(first.fragment_id, 99u);
  CHECK_EQ(first.destination_port, 2000);
  CHECK_EQ(first.payload_length, 16u);
  const PacketView later = decode(ipv4(17, datagram(), {.fragment = 3, .id = 99}));
  CHECK(later.outcome == Outcome::kOk);
  CHECK(later.fragment == FragmentKind::kLater);
  CHECK_EQ(later.fragment_id, 99u);
  CHECK_EQ(later.protocol, 17);
  CHECK(!later.has_transport);
  CHECK_EQ(later.destination_port, 0);
  CHECK_EQ(later.payload_length, 18u);
}

TEST("the don't-fragment flag makes no fragment") {
  CHECK(decode(ipv4(17, datagram(), {.fragment = 0x4000})).fragment == FragmentKind::kNone);
}

TEST("IPv6 fragments carry a 32-bit id, and an atomic one is a whole packet") {
  const PacketView first = decode(ipv6(44, fragment_header(17, 0, true, udp(1000, 2000, filler(16), 4000))));
  CHECK(first.outcome == Outcome::kOk);
  CHECK(first.fragment == FragmentKind::kFirst);
  CHECK_EQ(first.fragment_id, 0xabcd1234u);
  CHECK_EQ(first.source_port, 1000);
  const PacketView later = decode(ipv6(44, fragment_header(17, 1448, false, filler(5))));
  CHECK(later.fragment == FragmentKind::kLater);
  CHECK_EQ(later.protocol, 17);
  CHECK_EQ(later.payload_length, 5u);
  CHECK(!later.has_transport);
  const PacketView atomic = decode(ipv6(44, fragment_header(17, 0, false, datagram())));
  CHECK(atomic.fragment == FragmentKind::kNone);
  CHECK_EQ(atomic.fragment_id, 0u);
  CHECK_EQ(atomic.source_port, 1000);
}

TEST("a fragment of a fragment is described by its outer header") {
  const PacketView view = decode(ipv6(44, fragment_header(44, 0, true, fragment_header(17, 64, false, filler(8)))));
  CHECK(view.fragment == FragmentKind::kFirst);
  CHECK_EQ(view.protocol, 44);
}

TEST("every extension header leads to the transport") {
  for (const uint8_t type : {0, 43, 60, 135, 139, 140}) {
    const PacketView view = decode(ipv6(type, extension(17, datagram(), 3)));
    CHECK(view.outcome == Outcome::kOk);
    CHECK_EQ(view.protocol, 17);
    CHECK_EQ(view.source_port, 1000);
    CHECK_EQ(view.ip_length, 40u + 24 + 18);
  }
  const Packet chain =
      extension(43, extension(44, fragment_header(51, 0, false, authentication(60, extension(6, tcp(7, 8, {}))))));
  CHECK_EQ(decode(ipv6(0, chain)).destination_port, 8);
}

TEST("eight extension headers are followed") {
  Packet packet = datagram();
  for (int i = 0; i < 8; ++i) packet = extension(i == 0 ? 17 : 60, packet);
  CHECK_EQ(decode(ipv6(60, packet)).source_port, 1000);
}

TEST("an authentication header is stepped over on both versions") {
  CHECK_EQ(decode(ipv4(51, authentication(17, datagram()))).source_port, 1000);
  CHECK_EQ(decode(ipv6(51, authentication(17, datagram()))).protocol, 17);
}

TEST("IPv4 knows no extension headers of IPv6") {
  const PacketView view = decode(ipv4(60, extension(17, datagram())));
  CHECK_EQ(view.protocol, 60);
  CHECK(!view.has_transport);
}

TEST("encrypted packets end as ESP, and a control message ends as itself") {
  CHECK_EQ(decode(ipv6(60, extension(50, filler(40)))).protocol, 50);
  CHECK_EQ(decode(ipv6(135, extension(59, {}))).protocol, 135);
  CHECK_EQ(decode(ipv6(60, extension(59, {}))).protocol, 59);
}

}  // namespace
}  // namespace nettrace
