// Owns: the dispatch by ethertype, tags (VLAN, MACsec, time stamps), LLC/SNAP and the MPLS label stack.
// Knows nothing of: IP and PPP headers; it hands the rest on.
#include "native/decode/ethertype.h"

#include "native/decode/ip.h"
#include "native/decode/ppp.h"

namespace nettrace {
namespace {

/// IEEE 802 numbers, https://www.iana.org/assignments/ieee-802-numbers.
namespace ethertype {
constexpr uint16_t kIpv4 = 0x0800, kArp = 0x0806, kVlan = 0x8100, kIpv6 = 0x86dd, kMpls = 0x8847;
constexpr uint16_t kMplsMulticast = 0x8848, kPppoeDiscovery = 0x8863, kPppoeSession = 0x8864;
constexpr uint16_t kServiceVlan = 0x88a8, kOldServiceVlan = 0x9100, kMacsec = 0x88e5, kArista = 0xd28b;
}  // namespace ethertype

constexpr int kMaxTags = 4;
constexpr int kMaxMplsLabels = 8;

/// What stands behind an ethertype that is no VLAN tag and no length.
Outcome decode_network(Rest rest, uint16_t type, PacketView& view) noexcept {
  view.ethertype = type;
  switch (type) {
    case ethertype::kIpv4:
      return decode_ipv4(rest, view);
    case ethertype::kIpv6:
      return decode_ipv6(rest, view);
    case ethertype::kArp:
      return Outcome::kArp;
    case ethertype::kMpls:
    case ethertype::kMplsMulticast:
      return decode_mpls(rest, view);
    case ethertype::kPppoeSession:
      return decode_pppoe(rest, view);
    case ethertype::kPppoeDiscovery:
      return Outcome::kPppoeDiscovery;
    default:
      return Outcome::kNotIp;
  }
}

Outcome decode_tagged(Rest rest, uint16_t type, PacketView& view, int depth) noexcept;

Outcome decode_vlan(Rest rest, PacketView& view, int depth) noexcept {
  constexpr uint32_t kTag = 4;  // IEEE 802.1Q, 9.6: tag control information, next ethertype
  if (!rest.has(kTag)) return rest.ends_within(kTag, Outcome::kVlanTruncated, Outcome::kVlanShort);
  if (view.vlan_id == 0) view.vlan_id = rest.bytes().u16(0) & 0x0fff;
  return decode_tagged(rest.after(kTag), rest.bytes().u16(2), view, depth + 1);
}

/// IEEE 802.1AE, 9.3. Without encryption the frame goes on in clear; its integrity value is a trailer.
Outcome decode_macsec(Rest rest, PacketView& view, int depth) noexcept {
  constexpr uint32_t kShortTag = 8;  // control, length, packet number, next ethertype
  constexpr uint32_t kChannel = 8;   // secure channel identifier
  constexpr uint8_t kHasChannel = 0x20;
  constexpr uint8_t kEncryptedOrChanged = 0x0c;
  if (!rest.has(kShortTag)) return rest.ends_within(kShortTag, Outcome::kMacsecTruncated, Outcome::kMacsecShort);
  const uint8_t control = rest.bytes().u8(0);
  if ((control & kEncryptedOrChanged) != 0) return Outcome::kMacsecEncrypted;
  const uint32_t tag = kShortTag + ((control & kHasChannel) != 0 ? kChannel : 0);
  if (!rest.has(tag)) return rest.ends_within(tag, Outcome::kMacsecTruncated, Outcome::kMacsecShort);
  return decode_tagged(rest.after(tag), rest.bytes().u16(tag - 2), view, depth + 1);
}

/// The time stamp that an Arista switch puts before the ethertype of mirrored frames: subtype, version, 48 or 64 bits.
Outcome decode_timestamp_tag(Rest rest, PacketView& view, int depth) noexcept {
  constexpr uint32_t kHead = 4;
  constexpr uint16_t kTimestamp = 1;
  constexpr uint8_t k64Bits = 0x10;
  constexpr uint8_t k48Bits = 0x20;
  if (!rest.has(kHead)) return rest.ends_within(kHead, Outcome::kTimestampTagTruncated, Outcome::kTimestampTagShort);
  const uint8_t width = rest.bytes().u8(3);
  if (rest.bytes().u16(0) != kTimestamp || (width != k64Bits && width != k48Bits)) return Outcome::kNotIp;
  const uint32_t tag = kHead + (width == k64Bits ? 8 : 6) + 2;
  if (!rest.has(tag)) return rest.ends_within(tag, Outcome::kTimestampTagTruncated, Outcome::kTimestampTagShort);
  return decode_tagged(rest.after(tag), rest.bytes().u16(tag - 2), view, depth + 1);
}

using TagDecoder = Outcome (*)(Rest, PacketView&, int) noexcept;

constexpr TagDecoder tag_decoder_of(uint16_t type) noexcept {
  switch (type) {
    case ethertype::kVlan:
    case ethertype::kServiceVlan:
    case ethertype::kOldServiceVlan:
      return decode_vlan;
    case ethertype::kMacsec:
      return decode_macsec;
    case ethertype::kArista:
      return decode_timestamp_tag;
    default:
      return nullptr;
  }
}

/// `depth` tags have been taken off.
Outcome decode_tagged(Rest rest, uint16_t type, PacketView& view, int depth) noexcept {
  const TagDecoder tag = tag_decoder_of(type);
  if (tag != nullptr) return depth == kMaxTags ? Outcome::kTagsTooMany : tag(rest, view, depth);
  return type < kEthertypeMinimum ? decode_llc(rest, view) : decode_network(rest, type, view);
}

}  // namespace

Outcome decode_ethertype(Rest rest, uint16_t type, PacketView& view) noexcept {
  return decode_tagged(rest, type, view, 0);
}

Outcome decode_mpls(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kEntry = 4;  // RFC 3032, 2.1: label, traffic class, bottom of stack, TTL
  for (int depth = 0; depth < kMaxMplsLabels; ++depth) {
    if (!rest.has(kEntry)) return rest.ends_within(kEntry, Outcome::kMplsTruncated, Outcome::kMplsShort);
    const bool bottom = (rest.bytes().u8(2) & 0x01) != 0;
    rest = rest.after(kEntry);
    if (!bottom) continue;
    // The stack does not name what it carries; routers tell IP by its first nibble (RFC 4928, 2).
    const Outcome outcome = decode_ip(rest, view);
    return outcome == Outcome::kIpVersionUnknown ? Outcome::kMplsNotIp : outcome;
  }
  return Outcome::kMplsTooDeep;
}

Outcome decode_llc(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kLlc = 3;   // destination and source service access point, control
  constexpr uint32_t kSnap = 5;  // organisation, ethertype
  constexpr uint32_t kSnapUnnumbered = 0xaaaa03;
  constexpr uint32_t kIpUnnumbered = 0x060603;     // RFC 790: access point 6 is IP
  constexpr uint32_t kOuiBridgeTunnel = 0x0000f8;  // IEEE 802.1H
  if (!rest.has(kLlc)) return rest.ends_within(kLlc, Outcome::kLlcTruncated, Outcome::kLlcShort);
  const Bytes llc = rest.bytes();
  const uint32_t points_and_control = (uint32_t{llc.u16(0)} << 8) | llc.u8(2);
  if (points_and_control == kIpUnnumbered) return decode_ipv4(rest.after(kLlc), view);
  if (points_and_control != kSnapUnnumbered) return Outcome::kLlcNotIp;

  if (!rest.has(kLlc + kSnap)) return rest.ends_within(kLlc + kSnap, Outcome::kLlcTruncated, Outcome::kLlcShort);
  const uint32_t organisation = (uint32_t{llc.u16(3)} << 8) | llc.u8(5);
  const uint16_t type = llc.u16(6);
  const bool is_ethertype = organisation == 0 || organisation == kOuiBridgeTunnel;
  if (!is_ethertype || type < kEthertypeMinimum) return Outcome::kLlcNotIp;
  return decode_network(rest.after(kLlc + kSnap), type, view);
}

}  // namespace nettrace
