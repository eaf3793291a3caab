// Owns: link types: Ethernet, Linux cooked (SLL, SLL2), raw IP, BSD loopback, PPP, Cisco HDLC.
// Knows nothing of: ethertypes and IP; it hands the rest on.
#include "native/decode/link.h"

#include "native/decode/decode.h"
#include "native/decode/ethertype.h"
#include "native/decode/ip.h"
#include "native/decode/ppp.h"

namespace nettrace {
namespace {

/// LINKTYPE_ values, and the DLT_ values that differ from them on some systems.
namespace link_type {
constexpr int kNull = 0, kEthernet = 1, kPpp = 9, kDltRaw = 12, kDltRawOpenBsd = 14, kPppHdlc = 50, kPppEther = 51;
constexpr int kRaw = 101, kCiscoHdlc = 104, kLoop = 108, kLinuxSll = 113, kIpv4 = 228, kIpv6 = 229, kLinuxSll2 = 276;
}  // namespace link_type

constexpr uint16_t kArphrdNetlink = 824;  // linux/if_arp.h
constexpr uint16_t kSllProtocolLlc = 4;   // ETH_P_802_2, linux/if_ether.h

Outcome decode_ethernet(Rest frame, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 14;
  if (!frame.has(kHeader)) return frame.ends_within(kHeader, Outcome::kEthernetTruncated, Outcome::kEthernetShort);
  view.destination_mac = frame.bytes().u48(0);
  view.source_mac = frame.bytes().u48(6);
  return decode_ethertype(frame.after(kHeader), frame.bytes().u16(12), view);
}

/// The fields that SLL and SLL2 share, in whatever order they stand there.
struct CookedHeader {
  uint16_t protocol;
  uint16_t hardware_type;
  uint16_t packet_type;
  uint16_t address_length;
  uint64_t address;
};

Outcome decode_cooked(const CookedHeader& header, Rest rest, PacketView& view) noexcept {
  if (header.packet_type <= static_cast<uint16_t>(PacketType::kOutgoing)) {
    view.packet_type = static_cast<PacketType>(header.packet_type);
  }
  if (header.address_length == 6) view.source_mac = header.address;
  // Between two netlink sockets the field is a netlink family, not an ethertype.
  if (header.hardware_type == kArphrdNetlink) return Outcome::kSllNotIp;
  if (header.protocol == kSllProtocolLlc) return decode_llc(rest, view);
  if (header.protocol < kEthertypeMinimum) return Outcome::kSllNotIp;
  return decode_ethertype(rest, header.protocol, view);
}

Outcome decode_sll(Rest frame, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 16;
  if (!frame.has(kHeader)) return frame.ends_within(kHeader, Outcome::kSllTruncated, Outcome::kSllShort);
  const Bytes bytes = frame.bytes();
  const CookedHeader header{.protocol = bytes.u16(14),
                            .hardware_type = bytes.u16(2),
                            .packet_type = bytes.u16(0),
                            .address_length = bytes.u16(4),
                            .address = bytes.u48(6)};
  return decode_cooked(header, frame.after(kHeader), view);
}

Outcome decode_sll2(Rest frame, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 20;
  if (!frame.has(kHeader)) return frame.ends_within(kHeader, Outcome::kSllTruncated, Outcome::kSllShort);
  const Bytes bytes = frame.bytes();
  const CookedHeader header{.protocol = bytes.u16(0),
                            .hardware_type = bytes.u16(8),
                            .packet_type = bytes.u8(10),
                            .address_length = bytes.u8(11),
                            .address = bytes.u48(12)};
  return decode_cooked(header, frame.after(kHeader), view);
}

/// NULL is written in the byte order of the capturing host, LOOP in network order, and files mix them up. Families are
/// small numbers, so the order shows.
Outcome decode_loopback(Rest frame, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 4;
  if (!frame.has(kHeader)) return frame.ends_within(kHeader, Outcome::kNullTruncated, Outcome::kNullShort);
  const uint32_t as_network = frame.bytes().u32(0);
  const uint32_t family = as_network > UINT16_MAX ? __builtin_bswap32(as_network) : as_network;
  switch (family) {
    case 2:  // AF_INET, everywhere
      return decode_ipv4(frame.after(kHeader), view);
    case 10:  // AF_INET6 on Linux
    case 24:  // on NetBSD, OpenBSD and BSD/OS
    case 28:  // on FreeBSD
    case 30:  // on Darwin
      return decode_ipv6(frame.after(kHeader), view);
    default:
      return Outcome::kNullNotIp;
  }
}

Outcome decode_cisco_hdlc(Rest frame, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 4;  // address, control, ethertype
  if (!frame.has(kHeader)) return frame.ends_within(kHeader, Outcome::kHdlcTruncated, Outcome::kHdlcShort);
  return decode_ethertype(frame.after(kHeader), frame.bytes().u16(2), view);
}

/// LINKTYPE_PPP_HDLC: PPP in HDLC framing (RFC 1662), or Cisco HDLC where the first byte is one of its addresses.
Outcome decode_serial(Rest frame, PacketView& view) noexcept {
  constexpr uint8_t kCiscoUnicast = 0x0f;
  constexpr uint8_t kCiscoBroadcast = 0x8f;
  const uint8_t address = frame.bytes().u8(0);
  if (address == kCiscoUnicast || address == kCiscoBroadcast) return decode_cisco_hdlc(frame, view);
  return decode_ppp(frame, view);
}

using Decoder = Outcome (*)(Rest, PacketView&) noexcept;

Decoder decoder_of(int type) noexcept {
  switch (type) {
    case link_type::kEthernet:
      return decode_ethernet;
    case link_type::kLinuxSll:
      return decode_sll;
    case link_type::kLinuxSll2:
      return decode_sll2;
    case link_type::kRaw:
    case link_type::kDltRaw:
    case link_type::kDltRawOpenBsd:
      return decode_ip;
    case link_type::kIpv4:
      return decode_ipv4;
    case link_type::kIpv6:
      return decode_ipv6;
    case link_type::kNull:
    case link_type::kLoop:
      return decode_loopback;
    case link_type::kPpp:
      return decode_ppp;
    case link_type::kPppHdlc:
      return decode_serial;
    case link_type::kPppEther:
      return decode_pppoe;
    case link_type::kCiscoHdlc:
      return decode_cisco_hdlc;
    default:
      return nullptr;
  }
}

}  // namespace

bool link_type_is_decoded(int link_type) noexcept {
  return decoder_of(link_type) != nullptr;
}

Outcome decode_link(int link_type, Rest frame, PacketView& view) noexcept {
  const Decoder decoder = decoder_of(link_type);
  return decoder == nullptr ? Outcome::kLinkTypeUnknown : decoder(frame, view);
}

}  // namespace nettrace
