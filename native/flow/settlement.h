// Owns: what the meter needs to join the kernel's own counts of a socket with the packets of its flows.
// Knows nothing of: who counts in the kernel, and how.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "native/flow/flow.h"

namespace nettrace {

/// The kernel's records and the packets' time stamps are of two clocks: how far apart one moment may lie on them.
constexpr int64_t kClocksApart = 1'000'000;

/// What a socket has moved since the last charge, counted by the kernel. It settles the bytes that the socket's flows
/// have collected; what goes beyond them was not delivered by the capture, or not yet.
struct SocketCharge {
  InterfaceSlot interface = 0;
  FiveTuple tuple;  ///< the remote end is empty where the socket is not connected
  OwnerSlot owner = 0;
  Counters counters;     ///< wire bytes, as the interface would show them
  int64_t time_ns = 0;   ///< CLOCK_REALTIME: nothing of it is later
  bool last = false;     ///< the socket is gone
  uint64_t cookie = 0;   ///< of the socket
  int64_t since_ns = 0;  ///< when the socket was first heard of, CLOCK_REALTIME
};

/// Part of `recovered`: bytes that are charged already and whose packets may still come.
struct Ahead {
  Counters counters;
  /// Of these, what was charged until `mark_ns`. Packets that come are taken to be of this first: what is left of it
  /// has not come, whichever they were.
  Counters mark;
  AccountSlot account = 0;  ///< that was charged last
  bool met = false;         ///< packets have come since `mark_ns`
  int64_t time_ns = 0;      ///< of the last charge, CLOCK_REALTIME
  int64_t mark_ns = 0;
  int64_t since_ns = 0;  ///< nothing of it was charged before
};

/// What a flow sent and nobody was found for, of late.
struct Disowned {
  uint32_t generation = 0;  ///< of the flow
  AccountSlot account = 0;  ///< that it was settled on
  Way sent;
  int64_t time_ns = 0;  ///< of the last packet, CLOCK_REALTIME
};

/// A TCP connection that the kernel has counted, and of which no packet has come yet.
struct EarlyConnection {
  FiveTuple tuple;
  InterfaceSlot interface = 0;
  uint64_t cookie = 0;
  int64_t since_ns = 0;  ///< when its socket was first heard of, CLOCK_REALTIME
  bool over = false;     ///< the ports have been used again: no more packets will come
  Ahead ahead;
};

/// The flows of one local port on one interface, for sockets that are not connected: the kernel counts them together.
struct PortPool {
  uint64_t key = 0;
  uint32_t flows = 0;           ///< live ones
  std::vector<FlowId> members;  ///< those and some that have left
  std::vector<FlowId> waiting;  ///< those that have unsettled bytes, and perhaps some more
  bool ahead = false;           ///< as in Flow (TrafficMeter::pools_ahead_)
  int64_t asked_ns = 0;         ///< when its members were last asked about, CLOCK_REALTIME
};

/// A flow that left with unsettled bytes: the kernel's count of its socket may come after it.
struct RetiredFlow {
  FiveTuple tuple;
  InterfaceSlot interface = 0;
  AccountSlot account = 0;
  uint32_t owner_id = 0;  ///< of the account's owner, whose slot may be another's by now
  Counters unsettled;
  uint64_t cookie = 0;
  int64_t first_ns = 0;  ///< of its first and its last packet, CLOCK_REALTIME
  int64_t last_ns = 0;
};

}  // namespace nettrace
