// Owns: the headers between IP and transport: IPv6 extension headers, AH, fragments.
// Knows nothing of: the IP headers themselves and what ports are.
#include "native/decode/ip.h"
#include "native/decode/transport.h"

namespace nettrace {
namespace {

/// https://www.iana.org/assignments/ipv6-parameters, "IPv6 Extension Header Types". ESP (50) is the end: what follows
/// is encrypted.
namespace extension {
constexpr uint8_t kHopByHop = 0, kRouting = 43, kFragment = 44, kAuthentication = 51, kNoNextHeader = 59;
constexpr uint8_t kDestination = 60, kMobility = 135, kHostIdentity = 139, kShim6 = 140;
}  // namespace extension

constexpr int kMaxHeaders = 8;
constexpr uint32_t kUnit = 8;  // every IPv6 extension header is a multiple of 8 bytes

constexpr bool is_extension(uint8_t type, uint8_t ip_version) noexcept {
  if (type == extension::kAuthentication) return true;
  if (ip_version != 6) return false;
  switch (type) {
    case extension::kHopByHop:
    case extension::kRouting:
    case extension::kFragment:
    case extension::kDestination:
    case extension::kMobility:
    case extension::kHostIdentity:
    case extension::kShim6:
      return true;
    default:
      return false;
  }
}

/// Bytes of a header of this type; `length_field` is its second byte.
constexpr uint32_t extension_length(uint8_t type, uint8_t length_field) noexcept {
  if (type == extension::kFragment) return kUnit;                                   // RFC 8200, 4.5: reserved there
  if (type == extension::kAuthentication) return (uint32_t{length_field} + 2) * 4;  // RFC 4302, 2.2
  return (uint32_t{length_field} + 1) * kUnit;
}

/// Mobility, HIP and Shim6 control messages are extension headers with nothing behind them: they are the message.
constexpr bool is_whole_message(uint8_t type, uint8_t following) noexcept {
  return following == extension::kNoNextHeader &&
         (type == extension::kMobility || type == extension::kHostIdentity || type == extension::kShim6);
}

Outcome end_at_later_fragment(Rest rest, uint8_t protocol, PacketView& view) noexcept {
  view.protocol = protocol;
  view.payload_length = rest.length();
  return Outcome::kOk;
}

Outcome decode_fragment_header(Rest rest, PacketView& view) noexcept {
  const uint16_t offset_and_flags = rest.bytes().u16(2);
  const FragmentPosition position{
      .id = rest.bytes().u32(4), .offset = offset_and_flags & 0xfff8u, .more = (offset_and_flags & 0x0001) != 0};
  return note_fragment(position, rest.length() - kUnit, view);
}

}  // namespace

Outcome note_fragment(const FragmentPosition& position, uint32_t length, PacketView& view) noexcept {
  if (position.offset == 0 && !position.more) return Outcome::kOk;
  view.fragment = position.offset == 0 ? FragmentKind::kFirst : FragmentKind::kLater;
  view.fragment_id = position.id;
  if (position.offset + length > UINT16_MAX) return Outcome::kFragmentOverflow;
  if (position.more && length % kUnit != 0) return Outcome::kFragmentLengthOdd;
  return Outcome::kOk;
}

Outcome decode_ip_payload(Rest rest, uint8_t next, PacketView& view) noexcept {
  if (view.fragment == FragmentKind::kLater) return end_at_later_fragment(rest, next, view);
  Outcome noted = Outcome::kOk;
  for (int depth = 0; is_extension(next, view.ip_version); ++depth) {
    if (depth == kMaxHeaders) return first_wrong(noted, Outcome::kExtensionsTooMany);
    if (!rest.has(kUnit)) {
      return first_wrong(noted, rest.ends_within(kUnit, Outcome::kExtensionTruncated, Outcome::kExtensionShort));
    }
    const uint8_t following = rest.bytes().u8(0);
    const uint32_t length = extension_length(next, rest.bytes().u8(1));
    if (length > rest.length()) return first_wrong(noted, Outcome::kExtensionShort);
    if (is_whole_message(next, following)) break;
    if (next == extension::kFragment) {
      // A fragment of a fragment: only the outer position is known before reassembly.
      if (view.fragment != FragmentKind::kNone) break;
      noted = first_wrong(noted, decode_fragment_header(rest, view));
      if (view.fragment == FragmentKind::kLater) {
        return first_wrong(noted, end_at_later_fragment(rest.after(length), following, view));
      }
    }
    rest = rest.after(length);
    next = following;
  }
  return first_wrong(noted, decode_transport(rest, next, view));
}

}  // namespace nettrace
