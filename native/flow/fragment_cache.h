// Owns: which flow the later fragments of a datagram belong to (RFC 791 3.2, RFC 8200 4.5).
// Knows nothing of: reassembly; only lengths are counted.
#pragma once

#include <cstdint>
#include <vector>

#include "native/decode/packet_view.h"
#include "native/flow/five_tuple.h"
#include "native/flow/ledger.h"

namespace nettrace {

/// At most kSets * kWays datagrams, 30 s each; a newer one takes the place of the oldest in its set. Datagrams on their
/// way at the same time must not displace each other: one place for each would lose some every minute.
class FragmentCache {
 public:
  /// Later fragments that came before their first one: what they hold, to be moved to the flow when it is known.
  struct Waiting {
    Counters counters;
    AccountSlot account = 0;
  };

  explicit FragmentCache(uint64_t seed);

  /// The first fragment of a datagram was seen in `flow`. Gives what came before it and forgets that.
  Waiting first(const PacketView& packet, InterfaceSlot interface, FlowId flow);
  /// The flow of a later fragment, or an id with index 0 where its first fragment was not seen.
  FlowId later(const PacketView& packet, InterfaceSlot interface);
  /// A later fragment without its first was charged to `account`.
  void wait(const PacketView& packet, InterfaceSlot interface, AccountSlot account, bool sent);

 private:
  static constexpr size_t kSets = 1024;
  static constexpr size_t kWays = 4;
  static constexpr int64_t kLifetime = 30'000'000'000;

  struct Entry {
    IpAddress source;
    IpAddress destination;
    uint32_t id = 0;
    InterfaceSlot interface = 0;
    uint8_t protocol = 0;
    int64_t time_ns = 0;
    FlowId flow;
    Waiting waiting;
  };

  size_t set_of(const PacketView& packet, InterfaceSlot interface) const noexcept;
  static bool matches(const Entry& entry, const PacketView& packet, InterfaceSlot interface) noexcept;
  /// The datagram's entry, or nullptr.
  Entry* find(const PacketView& packet, InterfaceSlot interface) noexcept;
  /// The datagram's entry, new where there was none.
  Entry& get(const PacketView& packet, InterfaceSlot interface);

  uint64_t seed_;
  std::vector<Entry> entries_;  ///< empty until the first fragment
};

}  // namespace nettrace
