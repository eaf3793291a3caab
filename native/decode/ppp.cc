// Owns: the PPP protocol field and the PPPoE header.
// Knows nothing of: PPP's own control protocols, compression and multilink; those are not IP here.
#include "native/decode/ppp.h"

#include "native/decode/ethertype.h"
#include "native/decode/ip.h"

namespace nettrace {

Outcome decode_ppp(Rest rest, PacketView& view) noexcept {
  constexpr uint16_t kAddressAndControl = 0xff03;
  constexpr uint16_t kIpv4 = 0x0021;
  constexpr uint16_t kIpv6 = 0x0057;
  constexpr uint16_t kMpls = 0x0281;  // RFC 3032, 4.3
  constexpr uint16_t kMplsMulticast = 0x0283;
  if (!rest.has(1)) return rest.ends_within(1, Outcome::kPppTruncated, Outcome::kPppShort);
  // No protocol has 0xff as its first byte, so this tells whether the two bytes were compressed away (RFC 1661, 6.6).
  if (rest.bytes().u8(0) == kAddressAndControl >> 8) {
    if (!rest.has(2)) return rest.ends_within(2, Outcome::kPppTruncated, Outcome::kPppShort);
    if (rest.bytes().u16(0) != kAddressAndControl) return Outcome::kPppNotIp;
    rest = rest.after(2);
    if (!rest.has(1)) return rest.ends_within(1, Outcome::kPppTruncated, Outcome::kPppShort);
  }
  // An odd first byte is a protocol field compressed to one byte (RFC 1661, 6.5).
  const bool one_byte = (rest.bytes().u8(0) & 1) != 0;
  const uint32_t size = one_byte ? 1 : 2;
  if (!rest.has(size)) return rest.ends_within(size, Outcome::kPppTruncated, Outcome::kPppShort);
  const uint16_t protocol = one_byte ? rest.bytes().u8(0) : rest.bytes().u16(0);
  if (protocol == kIpv4) return decode_ipv4(rest.after(size), view);
  if (protocol == kIpv6) return decode_ipv6(rest.after(size), view);
  if (protocol == kMpls || protocol == kMplsMulticast) return decode_mpls(rest.after(size), view);
  return Outcome::kPppNotIp;
}

Outcome decode_pppoe(Rest rest, PacketView& view) noexcept {
  constexpr uint32_t kHeader = 6;  // version and type, code, session id, length
  constexpr uint8_t kVersionAndType = 0x11;
  constexpr uint8_t kSessionData = 0;
  if (!rest.has(kHeader)) return rest.ends_within(kHeader, Outcome::kPppoeTruncated, Outcome::kPppoeShort);
  if (rest.bytes().u8(0) != kVersionAndType) return Outcome::kPppoeVersionWrong;
  if (rest.bytes().u8(1) != kSessionData) return Outcome::kPppoeDiscovery;
  const uint16_t length = rest.bytes().u16(4);
  const Rest body = rest.after(kHeader);
  const Outcome noted = length > body.length() ? Outcome::kPppoeLengthExceedsFrame : Outcome::kOk;
  return first_wrong(noted, decode_ppp(body.first(length), view));
}

}  // namespace nettrace
