#include "native/flow/sighting.h"

#include <netinet/in.h>

namespace nettrace {
namespace {

constexpr uint8_t kIcmpEchoReply = 0, kIcmpEchoRequest = 8;          // RFC 792
constexpr uint8_t kIcmpv6EchoRequest = 128, kIcmpv6EchoReply = 129;  // RFC 4443

/// Owner of a frame that holds no IP packet.
Reason reason_without_ip(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::kArp:
      return Reason::kArp;
    case Outcome::kNotIp:
    case Outcome::kLlcNotIp:
    case Outcome::kSllNotIp:
    case Outcome::kNullNotIp:
    case Outcome::kPppNotIp:
    case Outcome::kMplsNotIp:
    case Outcome::kPppoeDiscovery:
      return Reason::kNotIp;
    default:
      return Reason::kUndecoded;
  }
}

/// Sent by this host? The kernel's own word first (a ring, a cooked header), then the link addresses, then the IP
/// addresses.
bool is_sent(const PacketView& packet, const Vantage& vantage, const LocalAddresses& addresses) noexcept {
  if (packet.packet_type != PacketType::kUnknown) return packet.packet_type == PacketType::kOutgoing;
  if (vantage.mac != 0 && packet.source_mac != packet.destination_mac) {
    if (packet.source_mac == vantage.mac) return true;
    if (packet.destination_mac == vantage.mac) return false;
  }
  return packet.ip_version != 0 && addresses.is_local(packet.source, vantage.interface_index);
}

Sighting oriented(const PacketView& packet, bool sent) noexcept {
  const Endpoint source{packet.source, packet.source_port};
  const Endpoint destination{packet.destination, packet.destination_port};
  Sighting sighting;
  sighting.tuple =
      sent ? FiveTuple{source, destination, packet.protocol} : FiveTuple{destination, source, packet.protocol};
  sighting.has_flow = true;
  sighting.sent = sighting.from_local = sent;
  return sighting;
}

/// Neither end is known to be local: both directions of the exchange must still meet in one flow.
Sighting unoriented(const PacketView& packet, bool sent, Reason reason) noexcept {
  const Endpoint source{packet.source, packet.source_port};
  const Endpoint destination{packet.destination, packet.destination_port};
  Sighting sighting = oriented(packet, source <= destination);
  sighting.oriented = false;
  sighting.sent = sent;
  sighting.reason = reason;
  return sighting;
}

Sighting look_once(const PacketView& packet, bool sent, const Vantage& vantage,
                   const LocalAddresses& addresses) noexcept {
  // An address of our own is not needed to send from `::` or 0.0.0.0 (DHCP, duplicate address detection).
  const uint32_t index = vantage.interface_index;
  const bool ours = sent ? addresses.is_local(packet.source, index) || packet.source.is_wildcard()
                         : addresses.is_for_this_host(packet.destination, index);
  return ours ? oriented(packet, sent) : unoriented(packet, sent, Reason::kForwardedPacket);
}

}  // namespace

Sightings look(const PacketView& packet, const Vantage& vantage, const LocalAddresses& addresses) noexcept {
  Sightings seen;
  seen.count = vantage.loopback ? 2 : 1;
  const bool sent = vantage.loopback || is_sent(packet, vantage, addresses);
  if (packet.ip_version == 0) {
    seen.items[0].sent = sent;
    seen.items[0].reason = seen.items[1].reason = reason_without_ip(packet.outcome);
  } else if (vantage.offline) {
    seen.items[0] = unoriented(packet, sent, Reason::kOffline);
  } else if (vantage.loopback) {
    seen.items[0] = oriented(packet, true);
    seen.items[1] = oriented(packet, false);
  } else {
    seen.items[0] = look_once(packet, sent, vantage, addresses);
  }
  return seen;
}

Initiator initiator_of(const PacketView& packet, bool from_local) noexcept {
  const Initiator source = from_local ? Initiator::kLocal : Initiator::kRemote;
  const Initiator destination = from_local ? Initiator::kRemote : Initiator::kLocal;
  switch (packet.protocol) {
    case IPPROTO_TCP:
      if ((packet.tcp_flags & tcp_flag::kSyn) == 0) return Initiator::kUnknown;
      return (packet.tcp_flags & tcp_flag::kAck) != 0 ? destination : source;
    case IPPROTO_ICMP:
      if (packet.icmp_type == kIcmpEchoReply) return destination;
      return packet.icmp_type == kIcmpEchoRequest ? source : Initiator::kUnknown;
    case IPPROTO_ICMPV6:
      if (packet.icmp_type == kIcmpv6EchoReply) return destination;
      return packet.icmp_type == kIcmpv6EchoRequest ? source : Initiator::kUnknown;
    default:
      return source;
  }
}

}  // namespace nettrace
