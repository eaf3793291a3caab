// Owns: PacketView, what decoding learns of one frame; the hand-over from decode to flow.
// Knows nothing of: processes, local addresses, and which interface the frame came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "native/base/ip_address.h"

namespace nettrace {

/// How decoding ended. Every frame has exactly one; `outcome.def` names them.
enum class Outcome : uint8_t {
#define NETTRACE_OUTCOME(name, label, text) name,
#include "native/decode/outcome.def"
#undef NETTRACE_OUTCOME
};
#define NETTRACE_OUTCOME(name, label, text) +1
constexpr size_t kOutcomeCount = 0
#include "native/decode/outcome.def"
    ;
#undef NETTRACE_OUTCOME

/// Short stable label, e.g. "ipv4-header-truncated"; used in JSON and in the log.
std::string_view outcome_label(Outcome outcome) noexcept;
/// One clause for people, e.g. "the IPv4 header is cut off".
std::string_view outcome_text(Outcome outcome) noexcept;

/// Packet type, linux/if_packet.h, of a ring's frame or a cooked (SLL, SLL2) header; kUnknown where neither gives it.
enum class PacketType : uint8_t {
  kHost = 0,
  kBroadcast = 1,
  kMulticast = 2,
  kOtherHost = 3,
  kOutgoing = 4,
  kUnknown = 255
};

enum class FragmentKind : uint8_t { kNone, kFirst, kLater };

/// TCP flags as they stand in byte 13 of the header (RFC 9293).
namespace tcp_flag {
constexpr uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPsh = 0x08, kAck = 0x10;
}  // namespace tcp_flag

/// One decoded frame. `outcome` is the first thing that was wrong with it; decoding goes on as far as is safe, so ask
/// ip_version and has_transport what was read, not the outcome. What could not be read is zero.
/// For tunnels (GRE, IPIP, VXLAN) the outer packet is described: the outer flow owns the bytes.
struct PacketView {
  int64_t timestamp_ns = 0;  ///< CLOCK_REALTIME of the capture
  IpAddress source;          ///< set where ip_version != 0
  IpAddress destination;
  uint64_t source_mac = 0;  ///< low 48 bits; 0 where the link type has none
  uint64_t destination_mac = 0;
  uint32_t frame_length = 0;  ///< link-layer frame as tapped, without FCS
  uint32_t wire_length =
      0;  ///< the same on the wire: of all its segments, with a VLAN tag that the kernel keeps beside it
  uint32_t segments = 1;   ///< frames on the wire; above 1 for super-frames of segmentation offload
  uint32_t ip_length = 0;  ///< from the IP header on, without padding; at most what the frame held (BIG TCP: all of it)
  uint32_t payload_length = 0;  ///< bytes after the transport header as the headers say; 0 where unknown
  uint32_t payload_offset = 0;  ///< of TCP's and UDP's payload in the captured frame; 0 where unknown
  uint32_t fragment_id = 0;     ///< IP identification where fragment != kNone; IPv6 ones have 32 bits
  uint32_t tcp_sequence = 0;
  uint16_t source_port = 0;  ///< TCP, UDP, UDP-Lite, SCTP, DCCP; ICMP echo: the identifier in both
  uint16_t destination_port = 0;
  uint16_t ethertype = 0;  ///< innermost, after VLAN tags; 0 where the link type has none
  uint16_t vlan_id = 0;    ///< outermost VLAN id that is not 0 (a priority tag), 0 if none
  uint8_t ip_version = 0;  ///< 4, 6, or 0: no IP packet was decoded
  uint8_t protocol = 0;    ///< IP protocol number after extension headers; later fragments: as the fragment says
  uint8_t tcp_flags = 0;
  uint8_t icmp_type = 0;        ///< ICMP and ICMPv6 type; valid where has_transport
  Outcome outcome = Outcome{};  ///< 0 = kOk
  PacketType packet_type = PacketType::kUnknown;
  FragmentKind fragment = FragmentKind::kNone;
  bool has_transport = false;  ///< ports (or ICMP type) were read
};
static_assert(std::is_trivially_copyable_v<PacketView>);
static_assert(sizeof(PacketView) <= 104);

}  // namespace nettrace
