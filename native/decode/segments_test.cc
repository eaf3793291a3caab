// Owns: that super-frames count as what they are on the wire, and everything else as what was tapped.
#include "native/decode/segments.h"

#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences
using Kind = Segmentation::Kind;

constexpr size_t kSnaplen = 128;

struct Case {
  const char* name;
  Packet frame;
  Segmentation how;
  uint32_t segments;
  uint32_t wire_length;
};

PacketView decode(const Packet& packet, Segmentation how, uint8_t inserted = 0, size_t snaplen = kSnaplen) {
  Frame frame{Bytes(packet.data(), std::min(packet.size(), snaplen)), static_cast<uint32_t>(packet.size()), 1, 1};
  frame.inserted = inserted;
  frame.segmentation = how;
  return decode_frame(frame);
}

/// TCP with 12 bytes of options (time stamps), as Linux sends it.
Packet tcp12(size_t payload) {
  return be16(1000) + be16(80) + be32(1) + be32(2) + be8(0x80) + be8(0x10) + be16(500) + be32(0) + filler(12 + payload);
}
Packet vxlan(const Packet& inner) {
  return udp(5555, 4789, be32(0x08000000) + be32(42 << 8) + inner);
}

TEST("a super-frame is as many segments as its payload gives, each with all headers") {
  const Case cases[] = {
      {"TCP", ethernet(0x0800, ipv4(6, tcp12(10'000))), {Kind::kTcp, 1448, 0}, 7, 10'000 + 7 * 66},
      {"TCP, told where", ethernet(0x0800, ipv4(6, tcp12(10'000))), {Kind::kTcp, 1448, 34}, 7, 10'000 + 7 * 66},
      {"TCP, whole segments", ethernet(0x0800, ipv4(6, tcp12(2896))), {Kind::kTcp, 1448, 34}, 2, 2896 + 2 * 66},
      {"TCP, one byte more", ethernet(0x0800, ipv4(6, tcp12(2897))), {Kind::kTcp, 1448, 34}, 3, 2897 + 3 * 66},
      {"TCP, one segment", ethernet(0x0800, ipv4(6, tcp12(900))), {Kind::kTcp, 1448, 34}, 1, 900 + 66},
      {"TCP over IPv6", ethernet(0x86dd, ipv6(6, tcp12(10'000))), {Kind::kTcp, 1428, 0}, 8, 10'000 + 8 * 86},
      {"in 802.1Q", ethernet(0x8100, tag(5, 0x0800, ipv4(6, tcp12(5000)))), {Kind::kTcp, 1444, 38}, 4, 5000 + 4 * 70},
      {"UDP", ethernet(0x0800, ipv4(17, udp(1, 2, filler(12'000)))), {Kind::kUdp, 1200, 34}, 10, 12'000 + 10 * 42},
      {"UDP, not told where", ethernet(0x0800, ipv4(17, udp(1, 2, filler(12'000)))), {Kind::kUdp, 1200, 0}, 10, 12'420},
      {"TCP in VXLAN",
       ethernet(0x0800, ipv4(17, vxlan(ethernet(0x0800, ipv4(6, tcp12(5000)))))),
       {Kind::kTcp, 1398, 84},
       4,
       5000 + 4 * 116},
      {"UDP in VXLAN",
       ethernet(0x0800, ipv4(17, vxlan(ethernet(0x0800, ipv4(17, udp(1, 2, filler(3000))))))),
       {Kind::kUdp, 1000, 84},
       3,
       3000 + 3 * 92},
      {"TCP in IPv4 in IPv6",
       ethernet(0x86dd, ipv6(4, ipv4(6, tcp12(5000)))),
       {Kind::kTcp, 1408, 74},
       4,
       5000 + 4 * 106},
  };
  for (const Case& one : cases) {
    const PacketView view = decode(one.frame, one.how);
    CHECK_EQ(view.frame_length, one.frame.size());
    if (view.segments != one.segments) test::fail(__FILE__, __LINE__, one.name);
    CHECK_EQ(view.segments, one.segments);
    CHECK_EQ(view.wire_length, one.wire_length);
  }
}

TEST("without a word of the kernel a frame counts as it was tapped") {
  const Packet frame = ethernet(0x0800, ipv4(6, tcp12(10'000)));
  const Segmentation none[] = {{}, {Kind::kTcp, 0, 34}, {Kind::kNone, 1448, 34}};
  for (const Segmentation how : none) {
    const PacketView view = decode(frame, how);
    CHECK_EQ(view.segments, 1U);
    CHECK_EQ(view.wire_length, frame.size());
  }
  CHECK_EQ(decode(frame, {Kind::kTcp, 1448, 60'000}).segments, 1U);  // headers longer than the frame
  // In a tunnel whose inner header nobody points to, nothing is guessed.
  const Packet tunnel = ethernet(0x0800, ipv4(47, be32(0x0800) + ipv4(6, tcp12(5000))));
  CHECK_EQ(decode(tunnel, {Kind::kTcp, 1400, 0}).segments, 1U);
}

TEST("where the snaplen cuts off a tunnelled TCP header, its options are missing and nothing else") {
  const Packet frame = ethernet(0x86dd, ipv6(17, vxlan(ethernet(0x86dd, ipv6(6, tcp12(5000))))));
  const Segmentation how{Kind::kTcp, 1358, 124};
  CHECK_EQ(decode(frame, how, 0, 144).wire_length, 5000U + 4 * (124 + 32));
  CHECK_EQ(decode(frame, how, 0, 128).segments, 4U);
  CHECK_EQ(decode(frame, how, 0, 128).wire_length, 5000U + 12 + 4 * (124 + 20));
}

TEST("a tag that the kernel kept beside the frame is on the wire and not in the frame as tapped") {
  const Packet frame = ethernet(0x8100, tag(5, 0x0800, ipv4(6, tcp12(5000))));
  const PacketView view = decode(frame, {Kind::kTcp, 1448, 38}, 4);
  CHECK_EQ(view.vlan_id, 5);
  CHECK_EQ(view.frame_length, frame.size() - 4);
  CHECK_EQ(view.wire_length, 5000U + 4 * 70);
  const PacketView one = decode(frame, {}, 4);
  CHECK_EQ(one.frame_length, frame.size() - 4);
  CHECK_EQ(one.wire_length, frame.size());
}

TEST("the header that tells the length of a BIG TCP packet is in none of its segments") {
  constexpr uint32_t kPayload = 150'000;
  Packet packet = ipv6(0, be8(6) + be8(0) + be8(0xc2) + be8(4) + be32(8 + 32 + kPayload) + tcp12(kPayload));
  packet[4] = packet[5] = 0;
  const Packet frame = ethernet(0x86dd, packet);
  const PacketView view = decode(frame, {Kind::kTcp, 1428, 62});
  CHECK(view.outcome == Outcome::kOk);
  CHECK_EQ(view.frame_length, 14U + 40 + 8 + 32 + kPayload);
  CHECK_EQ(view.segments, 106U);
  CHECK_EQ(view.wire_length, kPayload + 106U * 86);
}

TEST("the kernel's word on the direction reaches the decoded packet") {
  const Packet packet = ethernet(0x0800, ipv4(17, udp(1, 2, filler(4))));
  Frame frame{Bytes(packet.data(), packet.size()), static_cast<uint32_t>(packet.size()), 1, 1};
  CHECK(decode_frame(frame).packet_type == PacketType::kUnknown);
  frame.packet_type = PacketType::kOutgoing;
  CHECK(decode_frame(frame).packet_type == PacketType::kOutgoing);
}

}  // namespace
}  // namespace nettrace
