// Owns: TCP connections that the kernel has counted and of which no packet has come yet, or the rest never will.
// Knows nothing of: connections whose flow is in the table. The same ports may be those of several, one after the
// other.
#include <netinet/in.h>

#include <algorithm>
#include <cstdlib>

#include "native/flow/traffic_meter.h"

namespace nettrace {

void TrafficMeter::charge_early(const SocketCharge& charge, AccountSlot to, const Counters& more, bool over) {
  const uint32_t hash = table_.hash(charge.tuple, charge.interface, true);
  const auto [first, last] = early_.equal_range(hash);
  auto it = std::find_if(first, last, [&](const auto& entry) {
    return entry.second.cookie == charge.cookie && entry.second.tuple == charge.tuple &&
           entry.second.interface == charge.interface;
  });
  if (it == last) {
    it = early_.emplace(hash, EarlyConnection{charge.tuple, charge.interface, charge.cookie, charge.since_ns, {}, {}});
  }
  it->second.over |= over;
  add_ahead(it->second.ahead, charge.interface, to, more, charge.time_ns);
}

/// A flow that leaves takes its place among those whose packets will not come.
void TrafficMeter::keep_ahead(const Flow& flow) {
  const auto found = ahead_.find(flow.slot);
  early_.emplace(flow.hash,
                 EarlyConnection{flow.tuple, flow.interface, flow.cookie, flow.first_ns, true, found->second});
  ahead_.erase(found);
}

/// The ports of the flow are another connection's by now, whose SYN was not seen.
bool TrafficMeter::is_superseded(const Flow& flow, int64_t packet_ns) const {
  const auto [first, last] = early_.equal_range(flow.hash);
  return std::any_of(first, last, [&](const auto& entry) {
    const EarlyConnection& early = entry.second;
    return !early.over && early.cookie != flow.cookie && flow.last_ns < early.since_ns && early.since_ns <= packet_ns &&
           early.interface == flow.interface && early.tuple == flow.tuple;
  });
}

/// A connection's packets begin to come: of several with these ports it is the one that began nearest to the SYN; where
/// that was lost, the last one that had begun.
void TrafficMeter::adopt_early(Flow& flow, bool opens) {
  const auto [first, last] = early_.equal_range(flow.hash);
  auto nearest = last;
  const auto distance = [&](const EarlyConnection& early) { return std::abs(early.since_ns - flow.first_ns); };
  for (auto it = first; it != last; ++it) {
    const EarlyConnection& early = it->second;
    if (early.over || early.interface != flow.interface || early.tuple != flow.tuple) continue;
    if (!opens && early.since_ns > flow.first_ns + kClocksApart) continue;
    if (nearest == last || distance(early) < distance(nearest->second)) nearest = it;
  }
  if (nearest == last) return;
  const EarlyConnection early = nearest->second;
  early_.erase(nearest);
  give_ahead(flow, early);
}

/// The flow is this connection's.
void TrafficMeter::give_ahead(Flow& flow, const EarlyConnection& early) {
  set_account(flow, early.ahead.account);
  flow.cookie = early.cookie;
  flow.quality = MatchQuality::kMetered;
  flow.orphan = true;
  flow.final = false;
  flow.check_ns = kNever;
  flow.counters += early.ahead.counters;
  flow.settled += early.ahead.counters;
  flow.ahead = true;
  ahead_[flow.slot] = early.ahead;
  reclass(flow);
}

/// Of a connection whose packets the capture has lost there is a flow all the same.
void TrafficMeter::tidy_early(int64_t late_ns) {
  std::vector<EarlyConnection> late;
  std::erase_if(early_, [&](const auto& entry) {
    if (entry.second.ahead.time_ns >= late_ns) return false;
    late.push_back(entry.second);
    return true;
  });
  for (EarlyConnection& early : late) {
    const Counters counted = early.ahead.counters;
    const bool lost = void_ahead(early.ahead, counted, early.interface, nullptr);
    if (!lost || early.over || find_flow(early.interface, early.tuple) != nullptr) continue;
    Flow& flow = open_unseen(early.interface, early.tuple, early.ahead.account, early.ahead.time_ns);
    flow.cookie = early.cookie;
    flow.counters = flow.settled = counted;
  }
}

}  // namespace nettrace
