// Owns: TCP, UDP, UDP-Lite, ICMP, ICMPv6, SCTP and DCCP headers, as far as a flow needs them.
// Knows nothing of: TCP options, SCTP chunks and the packet that an ICMP error quotes.
#include "native/decode/transport.h"

#include <netinet/in.h>

namespace nettrace {
namespace {

constexpr uint32_t kUdpHeader = 8;
constexpr uint32_t kIcmpHeader = 8;

bool is_first_fragment(const PacketView& view) noexcept {
  return view.fragment == FragmentKind::kFirst;
}

/// Source and destination port are the first four bytes of every transport that has ports, and count even where the
/// capture ends soon after.
void read_ports(Rest rest, PacketView& view) noexcept {
  if (!rest.has(4)) return;
  view.source_port = rest.bytes().u16(0);
  view.destination_port = rest.bytes().u16(2);
  view.has_transport = true;
}

/// Until decode_frame() has made it an offset it is a place: only that knows where the frame starts.
void note_payload(Rest rest, uint32_t header, PacketView& view) noexcept {
  if (rest.has(header + 1)) view.payload_offset = rest.bytes().place() + header;
}

/// Names why the first `header` bytes are not there. A first fragment may legally be small, so it is told apart.
Outcome missing(Rest rest, uint32_t header, Outcome truncated, Outcome too_short, const PacketView& view) noexcept {
  return rest.ends_within(header, truncated, is_first_fragment(view) ? Outcome::kFragmentTooShort : too_short);
}

Outcome decode_tcp(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 20;
  read_ports(rest, view);
  if (!rest.has(kHeader)) return missing(rest, kHeader, Outcome::kTcpTruncated, Outcome::kTcpShort, view);
  view.tcp_sequence = rest.bytes().u32(4);
  view.tcp_flags = rest.bytes().u8(13);
  const uint32_t offset = (rest.bytes().u8(12) >> 4) * 4u;
  if (offset < kHeader) return Outcome::kTcpOffsetWrong;
  if (offset > rest.length()) {
    return is_first_fragment(view) ? Outcome::kFragmentTooShort : Outcome::kTcpOffsetExceedsPacket;
  }
  view.payload_length = rest.length() - offset;
  note_payload(rest, offset, view);
  return Outcome::kOk;
}

Outcome decode_udp(Rest rest, PacketView& view) noexcept {
  read_ports(rest, view);
  if (!rest.has(kUdpHeader)) return missing(rest, kUdpHeader, Outcome::kUdpTruncated, Outcome::kUdpShort, view);
  const uint32_t length = rest.bytes().u16(4);
  const uint32_t held = rest.length() - kUdpHeader;
  // 0 stands for a length above 65535 (RFC 2675, 4).
  const bool jumbo = length == 0 && rest.length() > UINT16_MAX;
  if (length < kUdpHeader && !jumbo) return Outcome::kUdpLengthWrong;
  view.payload_length = held;
  note_payload(rest, kUdpHeader, view);
  // The length is that of the whole datagram, of which a fragment is a part.
  if (jumbo || is_first_fragment(view)) return Outcome::kOk;
  if (length > rest.length()) return Outcome::kUdpLengthExceedsPacket;
  view.payload_length = length - kUdpHeader;
  return Outcome::kOk;
}

/// RFC 3828: the length field is the checksum coverage; the datagram ends where the packet ends.
Outcome decode_udp_lite(Rest rest, PacketView& view) noexcept {
  read_ports(rest, view);
  if (!rest.has(kUdpHeader)) return missing(rest, kUdpHeader, Outcome::kUdpTruncated, Outcome::kUdpShort, view);
  view.payload_length = rest.length() - kUdpHeader;
  const uint32_t coverage = rest.bytes().u16(4);
  if (coverage == 0) return Outcome::kOk;
  const bool beyond = coverage > rest.length() && !is_first_fragment(view);
  return coverage < kUdpHeader || beyond ? Outcome::kUdpLiteCoverageWrong : Outcome::kOk;
}

/// Echo and extended echo (RFC 8335): the messages whose identifier a ping socket is bound to.
constexpr bool is_echo(uint8_t protocol, uint8_t type) noexcept {
  if (protocol == IPPROTO_ICMP) return type == 0 || type == 8 || type == 42 || type == 43;
  return type == 128 || type == 129 || type == 160 || type == 161;
}

Outcome decode_icmp(Rest rest, uint8_t protocol, PacketView& view) noexcept {
  if (!rest.has(kIcmpHeader)) return missing(rest, kIcmpHeader, Outcome::kIcmpTruncated, Outcome::kIcmpShort, view);
  view.icmp_type = rest.bytes().u8(0);
  view.has_transport = true;
  view.payload_length = rest.length() - kIcmpHeader;
  if (is_echo(protocol, view.icmp_type)) view.source_port = view.destination_port = rest.bytes().u16(4);
  return Outcome::kOk;
}

Outcome decode_sctp(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 12;  // RFC 9260, 3.1: the common header; chunks are the payload
  read_ports(rest, view);
  if (!rest.has(kHeader)) return missing(rest, kHeader, Outcome::kSctpTruncated, Outcome::kSctpShort, view);
  view.payload_length = rest.length() - kHeader;
  return Outcome::kOk;
}

Outcome decode_dccp(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 12;  // RFC 4340, 5.1: the generic header with short sequence numbers
  read_ports(rest, view);
  if (!rest.has(kHeader)) return missing(rest, kHeader, Outcome::kDccpTruncated, Outcome::kDccpShort, view);
  const uint32_t offset = rest.bytes().u8(4) * 4u;
  if (offset < kHeader) return Outcome::kDccpOffsetWrong;
  if (offset > rest.length()) {
    return is_first_fragment(view) ? Outcome::kFragmentTooShort : Outcome::kDccpOffsetExceedsPacket;
  }
  view.payload_length = rest.length() - offset;
  return Outcome::kOk;
}

}  // namespace

Outcome decode_transport(Rest rest, uint8_t protocol, PacketView& view) noexcept {
  view.protocol = protocol;
  switch (protocol) {
    case IPPROTO_TCP:
      return decode_tcp(rest, view);
    case IPPROTO_UDP:
      return decode_udp(rest, view);
    case IPPROTO_UDPLITE:
      return decode_udp_lite(rest, view);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return decode_icmp(rest, protocol, view);
    case IPPROTO_SCTP:
      return decode_sctp(rest, view);
    case IPPROTO_DCCP:
      return decode_dccp(rest, view);
    default:
      view.payload_length = rest.length();
      return Outcome::kOk;
  }
}

}  // namespace nettrace
