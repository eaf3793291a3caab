// Owns: one frame for every outcome, and what must hold for each of them cut at every length.
// Knows nothing of: the fields of a good packet; decode_link, decode_ip and decode_transport tests have those.
#include <bitset>
#include <string>

#include "native/dev/decode_invariants.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr int kEthernet = 1, kNull = 0, kPpp = 9, kRaw = 101, kHdlc = 104, kSll = 113, kSll2 = 276, kPppEther = 51;
constexpr int kIpv4 = 228, kIpv6 = 229;

struct OutcomeCase {
  Outcome outcome;
  int link_type;
  Packet frame;
  uint32_t missing = 0;  ///< bytes that the frame had on the link beyond the captured ones
};

Packet udp4(int length = -1) {
  return ipv4(17, udp(1000, 2000, filler(10), length));
}
Packet nested_tags(int depth) {
  return depth == 0 ? udp4() : tag(static_cast<uint16_t>(depth), depth == 1 ? 0x0800 : 0x8100, nested_tags(depth - 1));
}
Packet labels(int depth) {
  return depth == 0 ? udp4() : mpls(99, depth == 1, labels(depth - 1));
}
Packet destination_headers(int count) {
  return count == 0 ? udp(1, 2, {}) : extension(count == 1 ? 17 : 60, destination_headers(count - 1));
}

const std::vector<OutcomeCase>& outcome_cases() {
  using enum Outcome;
  static const std::vector<OutcomeCase> cases = {
      {kOk, kEthernet, ethernet(0x0800, udp4())},
      {kLinkTypeUnknown, 127, filler(60)},
      {kArp, kEthernet, ethernet(0x0806, filler(28))},
      {kNotIp, kEthernet, ethernet(0x88cc, filler(40))},
      {kEthernetTruncated, kEthernet, filler(13), 50},
      {kEthernetShort, kEthernet, filler(13)},
      {kVlanTruncated, kEthernet, ethernet(0x8100, filler(3)), 50},
      {kVlanShort, kEthernet, ethernet(0x8100, filler(3))},
      {kTagsTooMany, kEthernet, ethernet(0x8100, nested_tags(5))},
      {kMacsecTruncated, kEthernet, ethernet(0x88e5, filler(7)), 50},
      {kMacsecTruncated, kEthernet, ethernet(0x88e5, be8(0x20) + filler(14)), 50},
      {kMacsecShort, kEthernet, ethernet(0x88e5, filler(7))},
      {kMacsecShort, kEthernet, ethernet(0x88e5, be8(0x20) + filler(14))},
      {kMacsecEncrypted, kEthernet, ethernet(0x88e5, be8(0x2c) + filler(60))},
      {kTimestampTagTruncated, kEthernet, ethernet(0xd28b, filler(3)), 50},
      {kTimestampTagTruncated, kEthernet, ethernet(0xd28b, be16(1) + be16(0x10) + filler(9)), 50},
      {kTimestampTagShort, kEthernet, ethernet(0xd28b, filler(3))},
      {kTimestampTagShort, kEthernet, ethernet(0xd28b, be16(1) + be16(0x20) + filler(7))},
      {kNotIp, kEthernet, ethernet(0xd28b, be16(3) + be16(0x10) + filler(60))},
      {kMplsTruncated, kEthernet, ethernet(0x8847, mpls(1, false, filler(3))), 50},
      {kMplsShort, kEthernet, ethernet(0x8847, mpls(1, false, filler(3)))},
      {kMplsTooDeep, kEthernet, ethernet(0x8847, labels(9))},
      {kMplsNotIp, kEthernet, ethernet(0x8847, mpls(1, true, Packet(40, 0)))},
      {kLlcTruncated, kEthernet, ethernet(40, filler(2)), 38},
      {kLlcTruncated, kEthernet, ethernet(40, cut(snap(0x0800, {}), 7)), 38},
      {kLlcShort, kEthernet, ethernet(2, filler(2))},
      {kLlcShort, kEthernet, ethernet(7, cut(snap(0x0800, {}), 7))},
      {kLlcNotIp, kEthernet, ethernet(40, Packet{0x42, 0x42, 3} + filler(37))},
      {kLlcNotIp, kEthernet, ethernet(40, snap(0x0800, filler(32), 0x0c))},
      {kLlcNotIp, kEthernet, ethernet(40, snap(0x0100, filler(32)))},
      {kSllTruncated, kSll, filler(15), 50},
      {kSllTruncated, kSll2, filler(19), 50},
      {kSllShort, kSll, filler(15)},
      {kSllShort, kSll2, filler(19)},
      {kSllNotIp, kSll, sll(0x000c, filler(16))},
      {kSllNotIp, kSll, sll(0x0800, udp4(), 4, 824)},
      {kSllNotIp, kSll2, sll2(0x0800, udp4(), 4, 824)},
      {kNullTruncated, kNull, filler(3), 50},
      {kNullShort, kNull, filler(3)},
      {kNullNotIp, kNull, be32(23) + udp4()},
      {kHdlcTruncated, kHdlc, filler(3), 50},
      {kHdlcShort, kHdlc, filler(3)},
      {kPppTruncated, kPpp, {}, 50},
      {kPppTruncated, kPpp, {0xff}, 50},
      {kPppTruncated, kPpp, {0xff, 3}, 50},
      {kPppTruncated, kPpp, {0xff, 3, 0}, 50},
      {kPppShort, kPpp, {}},
      {kPppShort, kPpp, {0xff}},
      {kPppShort, kPpp, {0xff, 3}},
      {kPppShort, kPpp, {0xff, 3, 0}},
      {kPppNotIp, kPpp, Packet{0xff, 3, 0xc0, 0x21} + filler(20)},
      {kPppNotIp, kPpp, Packet{0xff, 4, 0x00, 0x21} + udp4()},
      {kPppoeTruncated, kEthernet, ethernet(0x8864, filler(5)), 50},
      {kPppoeShort, kPppEther, filler(5)},
      {kPppoeVersionWrong, kPppEther, pppoe(be16(0x21) + udp4(), -1, 0, 0x21)},
      {kPppoeDiscovery, kEthernet, ethernet(0x8863, filler(46))},
      {kPppoeDiscovery, kPppEther, pppoe(filler(20), -1, 0x09)},
      {kPppoeLengthExceedsFrame, kPppEther, pppoe(be16(0x21) + udp4(), 500)},
      {kIpTruncated, kRaw, {}, 50},
      {kIpShort, kRaw, {}},
      {kIpVersionUnknown, kRaw, Packet(40, 0x55)},
      {kIpv4Truncated, kIpv4, cut(udp4(), 19), 40},
      {kIpv4Short, kIpv4, cut(udp4(), 19)},
      {kIpv4VersionWrong, kIpv4, ipv4(17, udp(1, 2, {}), {.version = 6})},
      {kIpv4HeaderLengthWrong, kIpv4, ipv4(17, udp(1, 2, {}), {.header_words = 4})},
      {kIpv4LengthWrong, kIpv4, ipv4(17, udp(1, 2, {}), {.total = 19})},
      {kIpv4LengthExceedsFrame, kIpv4, ipv4(17, udp(1, 2, {}), {.total = 200})},
      {kIpv6Truncated, kIpv6, cut(ipv6(17, udp(1, 2, {})), 39), 40},
      {kIpv6Short, kIpv6, cut(ipv6(17, udp(1, 2, {})), 39)},
      {kIpv6VersionWrong, kIpv6, ipv6(17, udp(1, 2, {}), -1, 4)},
      {kIpv6LengthExceedsFrame, kIpv6, ipv6(17, udp(1, 2, {}), 100)},
      {kIpv6JumboWrong, kIpv6, ipv6(0, jumbo(17, 65535, udp(1, 2, {})), 0)},
      {kIpv6JumboWrong, kIpv6, ipv6(0, extension(17, udp(1, 2, {})), 0)},
      {kExtensionTruncated, kIpv6, cut(ipv6(60, extension(17, udp(1, 2, {}))), 47), 20},
      {kExtensionTruncated, kIpv6, cut(ipv6(0, jumbo(17, 70000, filler(8)), 0), 47), 70000},
      {kExtensionTruncated, kIpv6, cut(ipv6(0, jumbo(17, 70000, filler(8)), 0), 55), 70000},
      {kExtensionShort, kIpv6, ipv6(60, filler(7))},
      {kExtensionShort, kIpv6, ipv6(60, be8(17) + be8(2) + filler(20))},
      {kExtensionShort, kIpv6, ipv6(0, filler(7), 0)},
      {kExtensionShort, kIpv6, ipv6(0, be8(17) + be8(2) + filler(20), 0)},
      {kExtensionShort, kIpv4, ipv4(51, filler(11))},
      {kExtensionsTooMany, kIpv6, ipv6(60, destination_headers(9))},
      {kFragmentTooShort, kIpv4, ipv4(6, cut(tcp(1, 2, {}), 8), {.fragment = kMoreFragments})},
      {kFragmentTooShort, kIpv4, ipv4(6, cut(tcp(1, 2, {}, 2, 9), 24), {.fragment = kMoreFragments})},
      {kFragmentTooShort, kIpv4, ipv4(33, cut(dccp(1, 2, {}, 9), 16), {.fragment = kMoreFragments})},
      {kFragmentTooShort, kIpv6, ipv6(44, fragment_header(17, 0, true, {}))},
      {kFragmentOverflow, kIpv4, ipv4(17, filler(16), {.fragment = 0x1fff})},
      {kFragmentOverflow, kIpv6, ipv6(44, fragment_header(17, 0xfff8, false, filler(16)))},
      {kFragmentLengthOdd, kIpv4, ipv4(17, filler(15), {.fragment = kMoreFragments | 2})},
      {kFragmentLengthOdd, kIpv6, ipv6(44, fragment_header(17, 16, true, filler(15)))},
      {kTcpTruncated, kIpv4, cut(ipv4(6, tcp(1, 2, {})), 39), 1},
      {kTcpShort, kIpv4, ipv4(6, cut(tcp(1, 2, {}), 19))},
      {kTcpOffsetWrong, kIpv4, ipv4(6, tcp(1, 2, {}, 2, 4))},
      {kTcpOffsetExceedsPacket, kIpv4, ipv4(6, tcp(1, 2, {}, 2, 6))},
      {kUdpTruncated, kIpv4, cut(udp4(), 27), 11},
      {kUdpTruncated, kIpv6, cut(ipv6(0, jumbo(17, 70000, filler(8)), 0), 56), 70000},
      {kUdpShort, kIpv4, ipv4(17, cut(udp(1, 2, {}), 7))},
      {kUdpLengthWrong, kIpv4, udp4(7)},
      {kUdpLengthWrong, kIpv4, udp4(0)},
      {kUdpLengthExceedsPacket, kIpv4, udp4(19)},
      {kUdpTruncated, kIpv4, cut(ipv4(136, udp(1, 2, {})), 27), 1},
      {kUdpShort, kIpv4, ipv4(136, cut(udp(1, 2, {}), 7))},
      {kUdpLiteCoverageWrong, kIpv4, ipv4(136, udp(1, 2, filler(10), 7))},
      {kUdpLiteCoverageWrong, kIpv4, ipv4(136, udp(1, 2, filler(10), 19))},
      {kIcmpTruncated, kIpv4, cut(ipv4(1, icmp(8, 1, {})), 27), 1},
      {kIcmpShort, kIpv4, ipv4(1, cut(icmp(8, 1, {}), 7))},
      {kSctpTruncated, kIpv4, cut(ipv4(132, sctp(1, 2, {})), 31), 1},
      {kSctpShort, kIpv4, ipv4(132, cut(sctp(1, 2, {}), 11))},
      {kDccpTruncated, kIpv4, cut(ipv4(33, dccp(1, 2, {})), 31), 5},
      {kDccpShort, kIpv4, ipv4(33, cut(dccp(1, 2, {}), 11))},
      {kDccpOffsetWrong, kIpv4, ipv4(33, dccp(1, 2, {}, 2))},
      {kDccpOffsetExceedsPacket, kIpv4, ipv4(33, dccp(1, 2, {}, 5))},
  };
  return cases;
}

PacketView decode_beginning(const OutcomeCase& one, size_t length) {
  const ExactCopy copy(one.frame.data(), length);
  return decode_frame(one.link_type, copy.bytes(), static_cast<uint32_t>(one.frame.size()) + one.missing, 0);
}

TEST("each way that decoding can end is reached by its own frame") {
  for (size_t i = 0; i < outcome_cases().size(); ++i) {
    const OutcomeCase& one = outcome_cases()[i];
    const PacketView view = decode_beginning(one, one.frame.size());
    const std::string place = "case " + std::to_string(i) + ": ";
    CHECK_EQ(place + std::string(outcome_label(view.outcome)), place + std::string(outcome_label(one.outcome)));
  }
}

TEST("no outcome is without a frame that reaches it") {
  std::bitset<kOutcomeCount> reached;
  for (const OutcomeCase& one : outcome_cases()) {
    reached.set(static_cast<size_t>(decode_beginning(one, one.frame.size()).outcome));
  }
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    if (!reached[i]) CHECK_EQ(std::string(outcome_label(static_cast<Outcome>(i))), "is never produced");
  }
}

TEST("a frame cut at any length says less, never something else") {
  for (const OutcomeCase& one : outcome_cases()) {
    const PacketView whole = decode_beginning(one, one.frame.size());
    for (size_t length = 0; length <= one.frame.size(); ++length) {
      const PacketView view = decode_beginning(one, length);
      const char* broken = broken_invariant(view, length);
      if (broken == nullptr) broken = broken_by_cut(whole, view);
      if (broken != nullptr) CHECK_EQ(std::string(outcome_label(one.outcome)) + ": " + broken, "nothing broken");
    }
  }
}

TEST("every outcome has a label and a text of its own") {
  for (size_t i = 0; i < kOutcomeCount; ++i) {
    for (size_t j = i + 1; j < kOutcomeCount; ++j) {
      CHECK(outcome_label(static_cast<Outcome>(i)) != outcome_label(static_cast<Outcome>(j)));
      CHECK(outcome_text(static_cast<Outcome>(i)) != outcome_text(static_cast<Outcome>(j)));
    }
  }
  CHECK_EQ(outcome_label(Outcome::kOk), "ok");
  CHECK_EQ(outcome_label(static_cast<Outcome>(255)), "unknown");
}

}  // namespace
}  // namespace nettrace
