// Owns: one flow: who talks to whom on which interface, how much, and whose account is charged.
// Knows nothing of: how flows are found, aged and evicted.
#pragma once

#include <cstdint>
#include <type_traits>

#include "native/flow/counters.h"
#include "native/flow/five_tuple.h"
#include "native/flow/ledger.h"

namespace nettrace {

/// How long a flow is kept and how soon it is evicted; each class is one list in the table.
enum class FlowClass : uint8_t {
  kProbation,      ///< no owner, one packet: what a flood consists of
  kEnded,          ///< TCP closed both ways or reset; kept for late packets
  kUnowned,        ///< no process, more than one packet
  kOwnedDatagram,  ///< owned by a process, not TCP
  kOwnedStream,    ///< owned by a process, TCP
};
constexpr size_t kFlowClassCount = 5;

/// A flow of the table. `counters` holds all its bytes; the part above `settled` may still move to another owner.
struct Flow {
  FiveTuple tuple;
  InterfaceSlot interface = 0;
  bool oriented = true;  ///< false: neither end is local; `tuple.local` is the smaller endpoint
  bool swapped = false;  ///< where not oriented: the first packet came from `tuple.remote`
  uint32_t hash = 0;
  uint32_t slot = 0;        ///< its own place in the table
  uint32_t generation = 0;  ///< changes whenever the slot gets another flow
  AccountSlot account = 0;
  uint32_t newer = 0;  ///< neighbours in the list of its class
  uint32_t older = 0;
  uint32_t tcp_sequence = 0;  ///< of the SYN that opened it
  uint32_t pool = 0;          ///< of its local port; 0: none
  uint32_t found_ms = 0;      ///< after first_ns a look-up found the one owner that it has had; 0: not so
  FlowClass flow_class = FlowClass::kProbation;
  Initiator initiator = Initiator::kUnknown;
  MatchQuality quality = MatchQuality::kNone;
  uint8_t icmp_type = 0;  ///< of the first packet
  bool final = false;     ///< the owner is not provisional
  bool queued = false;    ///< waits to be handed to the attributor
  bool asked = false;     ///< the attributor works on it
  bool live = false;      ///< the slot holds a flow
  bool syn_seen = false;
  bool fin_sent = false;
  bool fin_received = false;
  bool ended = false;
  bool answered = false;    ///< this host sent something in it that is not a reset: there was a socket
  bool waiting = false;     ///< is in the list of its pool
  bool ahead = false;       ///< the kernel has counted more than the capture delivered (TrafficMeter::ahead_)
  bool first_sent = false;  ///< direction of its first packet on the interface
  AccountView view;         ///< of its account, whoever owns it
  uint16_t vlan = 0;        ///< of its first packet, 0 if none
  bool orphan = false;      ///< TCP: its process ended first; the rest is still its own unless another holds the socket
  bool of_listener = false;          ///< TCP: bound to the socket that listens: so far there is none of its own
  bool gone = false;                 ///< its socket was closed before `check_ns`: packets after that are another's
  uint64_t cookie = 0;               ///< TCP: of its socket, where the kernel told; 0: not yet
  uint64_t retransmitted_bytes = 0;  ///< TCP payload that was sent again
  Counters counters;
  Counters settled;
  int64_t first_ns = 0;  ///< CLOCK_REALTIME of the first and the last packet
  int64_t last_ns = 0;
  int64_t listed_ns = 0;     ///< when it was put at the young end of its list
  int64_t unsettled_ns = 0;  ///< time of the first packet above `settled`, 0 if none
  int64_t check_ns = 0;      ///< when the owner is to be looked at again, CLOCK_REALTIME
};
static_assert(std::is_trivially_copyable_v<Flow>);
static_assert(sizeof(Flow) <= 352);

}  // namespace nettrace
