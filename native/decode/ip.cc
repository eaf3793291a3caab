// Owns: the IPv4 and IPv6 fixed headers and their lengths.
// Knows nothing of: extension headers and transports; it hands the rest on.
#include "native/decode/ip.h"

namespace nettrace {
namespace {

constexpr uint32_t kIpv4Header = 20;
constexpr uint32_t kIpv6Header = 40;
constexpr uint8_t kHopByHop = 0;
constexpr uint8_t kNoNextHeader = 59;

/// The value of the jumbo payload option (RFC 2675, 2) among the options of a hop-by-hop header; 0 if it has none.
uint32_t jumbo_payload(Bytes options) noexcept {
  constexpr uint8_t kPad1 = 0;
  constexpr uint8_t kJumbo = 0xc2;
  for (size_t at = 0; at < options.size();) {
    if (options.u8(at) == kPad1) {
      ++at;
      continue;
    }
    const uint8_t size = options.u8(at + 1);
    if (options.u8(at) == kJumbo && size == 4) return options.u32(at + 2);
    at += 2u + size;
  }
  return 0;
}

/// Length of the payload of an IPv6 packet whose header says 0, into `length`: a jumbogram says it in an option; an
/// offloaded packet (BIG TCP) does not say it, and the frame's length counts.
Outcome hidden_length(Rest body, uint8_t next, uint32_t& length) noexcept {
  length = next == kNoNextHeader ? 0 : body.length();
  if (next != kHopByHop) return Outcome::kOk;
  constexpr uint32_t kUnit = 8;
  if (!body.has(kUnit)) return body.ends_within(kUnit, Outcome::kExtensionTruncated, Outcome::kExtensionShort);
  const uint32_t header = (body.bytes().u8(1) + 1u) * kUnit;
  if (!body.has(header)) return body.ends_within(header, Outcome::kExtensionTruncated, Outcome::kExtensionShort);
  const uint32_t jumbo = jumbo_payload(body.bytes().first(header).from(2));
  if (jumbo <= UINT16_MAX) return Outcome::kIpv6JumboWrong;
  length = jumbo;
  return Outcome::kOk;
}

}  // namespace

Outcome decode_ip(Rest rest, PacketView& view) noexcept {
  if (!rest.has(1)) return rest.ends_within(1, Outcome::kIpTruncated, Outcome::kIpShort);
  const uint8_t version = rest.bytes().u8(0) >> 4;
  if (version == 4) return decode_ipv4(rest, view);
  if (version == 6) return decode_ipv6(rest, view);
  return Outcome::kIpVersionUnknown;
}

Outcome decode_ipv4(Rest rest, PacketView& view) noexcept {
  if (!rest.has(kIpv4Header)) return rest.ends_within(kIpv4Header, Outcome::kIpv4Truncated, Outcome::kIpv4Short);
  const Bytes header = rest.bytes();
  if (header.u8(0) >> 4 != 4) return Outcome::kIpv4VersionWrong;
  const uint32_t header_length = (header.u8(0) & 0x0fu) * 4;
  if (header_length < kIpv4Header) return Outcome::kIpv4HeaderLengthWrong;
  const uint32_t total = header.u16(2);
  if (total != 0 && total < header_length) return Outcome::kIpv4LengthWrong;

  view.ip_version = 4;
  view.source = IpAddress::v4(header.u32(12));
  view.destination = IpAddress::v4(header.u32(16));
  const Rest packet = total == 0 ? rest : rest.first(total);
  view.ip_length = packet.length();
  const Rest payload = packet.after(header_length);
  const uint16_t flags_and_offset = header.u16(6);
  const FragmentPosition position{
      .id = header.u16(4), .offset = (flags_and_offset & 0x1fffu) * 8, .more = (flags_and_offset & 0x2000) != 0};
  const Outcome length_noted = total > rest.length() ? Outcome::kIpv4LengthExceedsFrame : Outcome::kOk;
  const Outcome noted = first_wrong(length_noted, note_fragment(position, payload.length(), view));
  return first_wrong(noted, decode_ip_payload(payload, header.u8(9), view));
}

Outcome decode_ipv6(Rest rest, PacketView& view) noexcept {
  if (!rest.has(kIpv6Header)) return rest.ends_within(kIpv6Header, Outcome::kIpv6Truncated, Outcome::kIpv6Short);
  const Bytes header = rest.bytes();
  if (header.u8(0) >> 4 != 6) return Outcome::kIpv6VersionWrong;
  view.ip_version = 6;
  header.copy(8, view.source.bytes.data(), view.source.bytes.size());
  header.copy(24, view.destination.bytes.data(), view.destination.bytes.size());

  const uint8_t next = header.u8(6);
  const Rest body = rest.after(kIpv6Header);
  uint32_t length = header.u16(4);
  if (length == 0) {
    const Outcome outcome = hidden_length(body, next, length);
    if (outcome != Outcome::kOk) return outcome;
  }
  const Rest payload = body.first(length);
  view.ip_length = kIpv6Header + payload.length();
  const Outcome noted = length > body.length() ? Outcome::kIpv6LengthExceedsFrame : Outcome::kOk;
  return first_wrong(noted, decode_ip_payload(payload, next, view));
}

}  // namespace nettrace
