// Owns: which payloads are looked into for names, and how many of them.
// Knows nothing of: frames and flows.
#pragma once

#include <array>
#include <cstdint>

#include "native/base/bytes.h"
#include "native/names/name_clue.h"
#include "native/names/quic.h"

namespace nettrace {

constexpr uint16_t kDnsPort = 53;  ///< RFC 1035 4.2

/// What transport and direction say of a payload.
struct Talk {
  int64_t timestamp_ns = 0;
  uint8_t protocol = 0;  ///< IP protocol number
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  bool received = false;  ///< surely from another host or container
};

/// True if a payload of TCP or UDP may name a host: a few comparisons, for every packet.
inline bool may_name_host(const Talk& talk, Bytes payload) noexcept {
  constexpr uint8_t kTcp = 6, kUdp = 17;
  if (payload.size() < 2 || (talk.protocol != kTcp && talk.protocol != kUdp)) return false;
  if (talk.source_port == kDnsPort || talk.destination_port == kDnsPort) return true;
  if (talk.protocol == kTcp) return payload.u16(0) == 0x1603 && payload.u8(5) == 1;  // a record with a ClientHello
  return is_quic_initial(payload);
}

/// Reads names, at most so many in a time that a flood of packets that look like them costs a bounded share of a core:
/// 10,000 DNS messages, 10,000 TLS hellos, 500 QUIC packets that were sent here and 100 that were received a second, of
/// the packets' own time. One for each source of frames.
class ClueReader {
 public:
  /// The clue in a payload for which may_name_host() is true; false if there is none.
  bool read(const Talk& talk, Bytes payload, NameClue& clue) noexcept;

 private:
  enum class Work : uint8_t { kMessage, kHello, kInitial, kReceivedInitial };
  bool in_budget(int64_t timestamp_ns, Work work) noexcept;

  QuicInitials initials_;
  int64_t slice_ = 0;
  std::array<uint32_t, 4> done_{};  ///< in the present slice, by Work
};

}  // namespace nettrace
