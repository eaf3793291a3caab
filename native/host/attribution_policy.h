// Owns: the rules that turn what is known of sockets and their holders into an owner or a reason. Pure.
// Knows nothing of: netlink, /proc, time and queues.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "native/host/attributor.h"
#include "native/host/holder_source.h"
#include "native/host/socket_record.h"
#include "native/host/socket_table.h"

namespace nettrace {

/// A socket that may have moved the bytes.
struct Candidate {
  uint32_t inode = 0;
  uint32_t uid = 0;
};

/// What to do next for a question.
struct Decision {
  enum class Next : uint8_t {
    kVerdict,  ///< `reason` is the answer
    kExact,    ///< look the socket up by its tuple
    kTable,    ///< list `scope`, then ask judge_table; `sockets` may already be looked for
    kHolders,  ///< find the processes that hold `sockets`
  };
  Next next = Next::kVerdict;
  Reason reason = Reason::kPending;
  MatchQuality quality = MatchQuality::kNone;  ///< of a process that holds the sockets
  TableScope scope = TableScope::kUdp;
  bool listener = false;  ///< `sockets` only listen: the one that carries the flow was not seen
  bool retry = false;     ///< ask again soon: the socket is on its way to a process
  bool tail = false;      ///< the connection is over, its last packets are still about (FIN_WAIT, TIME_WAIT)
  std::vector<Candidate> sockets;
};

/// The first step for a new question. `exact`: single sockets of its protocol can be looked up.
Decision plan_question(const AttributionRequest& request, bool exact);

/// After an exact lookup (TCP, UDP).
Decision judge_answer(const AttributionRequest& request, const SocketAnswer& answer);

/// After a listing. `known` are candidates that are already looked for.
Decision judge_table(const AttributionRequest& request, TableScope scope, const SocketTable& table,
                     std::span<const Candidate> known);

/// The listing that can answer for a TCP or UDP question in place of an exact lookup.
TableScope table_instead_of_lookup(uint8_t protocol) noexcept;

/// What the holders of all candidates say together.
struct HolderFinding {
  enum class Kind : uint8_t { kNotYet, kNobody, kOne, kSeveral };
  Kind kind = Kind::kNotYet;
  Holder holder;             ///< where kOne
  bool complete = false;     ///< nobody else can hold one of the sockets
  bool all_visible = false;  ///< where complete: no process kept its descriptors back
};
/// `answers` has one entry for each candidate, nullptr where nothing is known.
HolderFinding judge_holders(std::span<const HolderAnswer* const> answers);

/// Why a socket that is still there has no visible holder.
Reason reason_without_holder(std::span<const Candidate> sockets, bool all_visible) noexcept;

/// True where the flow is received by every socket that has joined, not by one.
bool to_group(const AttributionRequest& request) noexcept;

}  // namespace nettrace
