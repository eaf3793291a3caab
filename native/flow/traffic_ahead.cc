// Owns: what is charged before its packets have come: they take it back, or time does.
// Knows nothing of: which flow or port a count of the kernel is for (traffic_settlement.cc).
#include <iterator>

#include "native/base/clock.h"
#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

/// What the kernel counted and the capture did not deliver within this time has not been on the wire: a queue of the
/// host or its firewall dropped it. Unless the capture lost frames meanwhile.
constexpr int64_t kLongestLag = 2 * kNanosPerSecond;

InterfaceSlot interface_of(const PortPool& pool) noexcept {
  return static_cast<InterfaceSlot>(pool.key >> 32);
}

}  // namespace

void TrafficMeter::charge_ahead(Flow& flow, AccountSlot to, const Counters& more, int64_t now_ns) {
  flow.counters += more;
  flow.settled += more;
  add_ahead(ahead_[flow.slot], flow.interface, to, more, now_ns);
  flow.ahead = true;
}

void TrafficMeter::charge_ahead(PortPool& pool, AccountSlot to, const Counters& more, int64_t now_ns) {
  add_ahead(pools_ahead_[static_cast<uint32_t>(&pool - pools_.data())], interface_of(pool), to, more, now_ns);
  pool.ahead = true;
}

void TrafficMeter::add_ahead(Ahead& ahead, InterfaceSlot interface, AccountSlot account, const Counters& more,
                             int64_t now_ns) {
  if (ahead.counters == Counters()) {
    ahead.mark = more;
    ahead.met = false;
    ahead.mark_ns = ahead.since_ns = now_ns;
  }
  ahead.counters += more;
  ahead.account = account;
  ahead.time_ns = now_ns;
  ledger_.at(account).counters += more;
  interfaces_[interface].recovered += more;
}

/// A packet has come whose bytes were perhaps charged already: gives the part that was not. Puts the flow on the list
/// of its pool, for the next count of the kernel.
Way TrafficMeter::take_ahead(Flow& flow, const Way& way, bool sent) {
  Way fresh = way;
  if (flow.ahead) {
    const auto found = ahead_.find(flow.slot);
    fresh -= take_part(found->second, flow.interface, fresh, sent);
    if (found->second.counters == Counters()) {
      ahead_.erase(found);
      flow.ahead = false;
    }
  }
  if (flow.pool == 0) return fresh;
  PortPool& pool = pools_[flow.pool];
  if (pool.ahead) {
    const auto found = pools_ahead_.find(flow.pool);
    const Way part = take_part(found->second, flow.interface, fresh, sent);
    fresh -= part;
    flow.counters.add(sent, part);
    flow.settled.add(sent, part);
    if (found->second.counters == Counters()) {
      pools_ahead_.erase(found);
      pool.ahead = false;
    }
  }
  if (!flow.waiting) {
    flow.waiting = true;
    pool.waiting.push_back(table_.id_of(flow));
  }
  return fresh;
}

/// What of the packet was charged already.
Way TrafficMeter::take_part(Ahead& ahead, InterfaceSlot interface, const Way& way, bool sent) {
  const auto side = [&](Counters& counters) -> Way& { return sent ? counters.sent : counters.received; };
  const Way part = smaller(side(ahead.counters), way);
  side(ahead.counters) -= part;
  side(ahead.mark) -= smaller(side(ahead.mark), part);
  side(interfaces_[interface].recovered) -= part;
  ahead.met = true;
  return part;
}

/// The packets did not come although the capture lost nothing: they never were on the wire.
bool TrafficMeter::void_ahead(Ahead& ahead, const Counters& part, InterfaceSlot interface, Flow* flow) {
  InterfaceTraffic& traffic = interfaces_[interface];
  const bool lost = traffic.last_loss_ns >= ahead.since_ns - kLongestLag;
  if (!lost) {
    const Counters take = smaller(part, ledger_.at(ahead.account).counters);
    ledger_.at(ahead.account).counters -= take;
    traffic.recovered -= take;
    if (flow != nullptr) {
      flow->counters -= take;
      flow->settled -= take;
    }
  }
  ahead.counters -= part;
  return lost;
}

/// A socket that goes on sending into nothing has no more charged than it sent in two lags or so: what stood at the
/// mark and has not come since is void, what stands now is the next mark.
void TrafficMeter::void_overdue(Ahead& ahead, InterfaceSlot interface, Flow* flow, int64_t late_ns) {
  if (ahead.time_ns < late_ns) {
    void_ahead(ahead, Counters(ahead.counters), interface, flow);
  } else if (ahead.mark_ns < late_ns) {
    const bool lost = void_ahead(ahead, ahead.mark, interface, flow);
    // Packets that came may have stood in for some that were lost, which are older than they look.
    if (!lost || !ahead.met) ahead.since_ns = ahead.mark_ns;
    ahead.mark = ahead.counters;
    ahead.mark_ns = ahead.time_ns;
    ahead.met = false;
  }
}

void TrafficMeter::tidy_ahead(int64_t realtime_ns) {
  const int64_t late_ns = realtime_ns - kLongestLag;
  tidy_early(late_ns);
  for (auto it = ahead_.begin(); it != ahead_.end();) {
    Flow& flow = table_.at(it->first);
    void_overdue(it->second, flow.interface, &flow, late_ns);
    flow.ahead = it->second.counters != Counters();
    it = flow.ahead ? std::next(it) : ahead_.erase(it);
  }
  for (auto it = pools_ahead_.begin(); it != pools_ahead_.end();) {
    PortPool& pool = pools_[it->first];
    void_overdue(it->second, interface_of(pool), nullptr, late_ns);
    pool.ahead = it->second.counters != Counters();
    close_unused(pool);
    it = pool.ahead ? std::next(it) : pools_ahead_.erase(it);
  }
}

}  // namespace nettrace
