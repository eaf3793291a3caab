// Owns: the part of the meter that moves bytes to owners: verdicts, ended processes, flows that leave.
// Knows nothing of: packets.
#include <netinet/in.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

/// How often an owner is looked at again while its flow is active. A UDP port can pass to another process without a
/// trace in the packets; a TCP socket can only be handed on (fork, SCM_RIGHTS), mostly soon after it was accepted.
constexpr int64_t kDatagramCheck = 1 * kNanosPerSecond;
constexpr int64_t kStreamFirstCheck = 1 * kNanosPerSecond;
constexpr int64_t kStreamCheck = 10 * kNanosPerSecond;
constexpr int64_t kUnownedCheck = 1 * kNanosPerSecond;
/// A process that started later than this after a datagram cannot have moved it; start times are in ticks of 10 ms.
constexpr int64_t kStartTimeSlack = 30 * kNanosPerMilli;
/// Ended processes that keep a row of their own, and for how long at least.
constexpr size_t kMostExited = 10'000;
constexpr int64_t kExitedKept = 60 * kNanosPerSecond;
constexpr size_t kExpiredAtOnce = 4096;

/// The kernel was asked and knows no socket, as opposed to: could not be asked.
bool says_no_socket(Reason reason) noexcept {
  return reason == Reason::kClosedBeforeSeen || reason == Reason::kClosedPort || reason == Reason::kMulticast;
}

bool is_shared(Reason reason) noexcept {
  return reason == Reason::kSharedSocket || reason == Reason::kSeveralCandidates;
}

/// A port that answered was not closed: its socket was, before it could be looked up.
Reason settled_reason(const Flow& flow, Reason reason) noexcept {
  return reason == Reason::kClosedPort && flow.answered ? Reason::kClosedBeforeSeen : reason;
}

/// Rounded up; 0 where `to_ns` is not known.
uint32_t millis_between(int64_t from_ns, int64_t to_ns) noexcept {
  if (to_ns == 0) return 0;
  return static_cast<uint32_t>(std::clamp<int64_t>((to_ns - from_ns) / kNanosPerMilli + 1, 1, UINT32_MAX));
}

int64_t next_check(const Flow& flow, bool first, bool process) noexcept {
  if (!process) return flow.last_ns + kUnownedCheck;
  if (flow.tuple.protocol != IPPROTO_TCP) return flow.last_ns + kDatagramCheck;
  return flow.last_ns + (first ? kStreamFirstCheck : kStreamCheck);
}

}  // namespace

void TrafficMeter::take_unresolved(size_t limit, std::vector<FlowId>& flows) {
  while (limit > 0 && !unresolved_.empty()) {
    const FlowId id = unresolved_.front();
    unresolved_.pop_front();
    Flow* flow = table_.get(id);
    if (flow == nullptr) continue;
    flow->queued = false;
    flow->asked = true;
    flows.push_back(id);
    --limit;
  }
}

void TrafficMeter::take_due_checks(int64_t now_ns, size_t limit, std::vector<FlowId>& flows) {
  for (const FlowClass flow_class :
       {FlowClass::kOwnedDatagram, FlowClass::kOwnedStream, FlowClass::kUnowned, FlowClass::kEnded}) {
    if (flow_class == FlowClass::kEnded && !metered_) break;
    size_t left = limit;
    table_.for_each_recent(flow_class, [&](Flow& flow) {
      // The list is in order of activity to within a second; behind an idle flow come only idle ones.
      if (left == 0 || now_ns - flow.last_ns > 3 * kNanosPerSecond) return false;
      if (!(flow.oriented || metered_) || flow.asked || flow.queued || flow.gone || flow.check_ns > now_ns) return true;
      if (flow_class == FlowClass::kEnded && !is_pending(flow)) return true;
      if (flow.quality == MatchQuality::kMetered) flow.orphan = false;  // its socket is gone for long
      flow.check_ns = now_ns + kDatagramCheck;
      flow.asked = true;
      flows.push_back(table_.id_of(flow));
      --left;
      return true;
    });
  }
}

void TrafficMeter::take_forgotten(std::vector<FlowId>& flows) {
  flows.insert(flows.end(), forgotten_.begin(), forgotten_.end());
  forgotten_.clear();
}

void TrafficMeter::bind(const Verdict& verdict) {
  Flow* flow = table_.get(verdict.flow);
  if (flow == nullptr) return;
  flow->asked = !verdict.final;
  const bool process = verdict.reason == Reason::kNone;
  const Reason reason = settled_reason(*flow, verdict.reason);
  OwnerSlot owner = Ledger::reason_owner(reason);
  if (process && !ledger_.find_process(verdict.process, owner)) return;
  if (metered_) return bind_beside(*flow, verdict, owner);
  const bool was_process = ledger_.at(flow->account).process;
  if (was_process && (flow->final || flow->orphan) && !process && !is_shared(reason)) {
    // Nobody else holds the socket, so what has moved was the process's own. It may have closed it or ended since: the
    // kernel then finishes a TCP connection for it, and later datagrams find another socket or none.
    if (!verdict.final || !says_no_socket(reason)) return;
    settle(*flow);
    flow->final = true;
    if (flow->tuple.protocol == IPPROTO_TCP || ledger_.at(flow->account).closed_ns != kNever) return;
    if (verdict.gone_ns != 0) {
      // Its last packets may still wait in the ring; the first that is later finds another socket or none.
      flow->gone = true;
      flow->check_ns = verdict.gone_ns;
      return;
    }
  }
  const AccountSlot target = account_of(*flow, owner);
  if (target != flow->account || !process) {
    const bool alone = process && flow->settled == Counters();
    flow->found_ms = alone ? millis_between(flow->first_ns, verdict.found_ns) : 0;
  }
  if (target != flow->account) {
    const int64_t closed_ns = ledger_.at(flow->account).closed_ns;
    const bool all_before_end = closed_ns != kNever && flow->last_ns <= closed_ns;
    if (flow->final && was_process && !all_before_end) {
      // Somewhere between the last look and this one the socket changed hands; who moved these bytes is not known.
      move_unsettled(*flow, account_of(*flow, Reason::kHandedOver));
      settle(*flow);
    } else if (flow->final) {
      settle(*flow);
    } else if (process && flow->tuple.protocol != IPPROTO_TCP && flow->unsettled_ns != 0 &&
               ledger_.owner(owner).process.start_realtime_ms * kNanosPerMilli > flow->unsettled_ns + kStartTimeSlack) {
      move_unsettled(*flow, account_of(*flow, Reason::kClosedBeforeSeen));
      settle(*flow);
    } else {
      move_unsettled(*flow, target);
    }
    set_account(*flow, target);
  }
  const bool first = !flow->final;
  flow->quality = verdict.quality;
  flow->final = verdict.final;
  flow->gone = false;
  flow->orphan = flow->orphan && target == flow->account && ledger_.at(target).closed_ns != kNever;
  if (verdict.final) settle(*flow);
  flow->check_ns = next_check(*flow, first, process);
  reclass(*flow);
}

/// Where the kernel counts by socket its sums settle what was moved, and name its owner: an answer found in another way
/// holds until then, and does not overrule them. That there is no socket is believed when it is said for the second
/// time.
void TrafficMeter::bind_beside(Flow& flow, const Verdict& verdict, OwnerSlot owner) {
  if (flow.quality == MatchQuality::kMetered && flow.orphan) return;
  const AccountSlot target = account_of(flow, owner);
  // A process held the socket alone: what has moved until now is its own, whoever has the next socket there, if any.
  if (target != flow.account && ledger_.at(flow.account).process && flow.final) settle(flow);
  if (target == flow.account) {
    if (flow.final && verdict.final && says_no_socket(verdict.reason)) {
      disown(flow);
      settle(flow);
    }
  } else if (flow.quality == MatchQuality::kMetered) {
    settle(flow);  // the socket that it had is gone for long
    set_account(flow, target);
  } else {
    move_unsettled(flow, target);
    set_account(flow, target);
  }
  const bool first = !flow.final;
  flow.quality = verdict.quality;
  flow.final = verdict.final;
  flow.orphan = false;
  flow.check_ns = next_check(flow, first, verdict.reason == Reason::kNone);
  reclass(flow);
}

void TrafficMeter::owner_ended(Flow& flow) {
  // The kernel's last count of a connection may still be on its way, and settles it.
  if (!metered_ || flow.tuple.protocol != IPPROTO_TCP) settle(flow);
  flow.final = false;
  flow.gone = false;
  if (flow.tuple.protocol == IPPROTO_TCP) {
    flow.orphan = true;
  } else {
    set_account(flow, account_of(flow, Reason::kPending));
    flow.quality = MatchQuality::kNone;
    reclass(flow);
  }
  ask(flow);
}

/// The next connection on the same ports began at `next_ns`. A look-up that was made after that, while its packets
/// still waited in the ring, found the socket of that one or of a later one.
void TrafficMeter::doubt_owner(const Flow& flow, int64_t next_ns) {
  if (flow.found_ms == 0 || next_ns > flow.first_ns + int64_t{flow.found_ms} * kNanosPerMilli) return;
  ledger_.move(flow.account, account_of(flow, Reason::kClosedBeforeSeen), flow.counters);
}

void TrafficMeter::flow_leaves(const Flow& flow, FlowId id, bool evicted) {
  AccountSlot account = flow.account;
  if (is_pending(flow)) {
    account = account_of(flow, evicted ? Reason::kTableFull : Reason::kLookupLimit);
    move_unsettled(flow, account);
    if (evicted) ++table_drops_;
  }
  --flow_count(flow);
  if (flow.asked) forgotten_.push_back(id);
  if (metered_) retire(flow, account);
}

void TrafficMeter::set_account(Flow& flow, AccountSlot account) {
  --flow_count(flow);
  flow.account = account;
  ++flow_count(flow);
}

void TrafficMeter::move_unsettled(const Flow& flow, AccountSlot to) {
  ledger_.move(flow.account, to, flow.counters - flow.settled);
}

void TrafficMeter::settle(Flow& flow) noexcept {
  flow.settled = flow.counters;
  flow.unsettled_ns = 0;
}

void TrafficMeter::tidy(int64_t monotonic_ns, int64_t realtime_ns) {
  table_.expire(realtime_ns, kExpiredAtOnce);
  ledger_.fold_exited(kMostExited, monotonic_ns - kExitedKept);
  if (metered_) tidy_settlement(realtime_ns);
  foreign_.expire(realtime_ns);
}

}  // namespace nettrace
