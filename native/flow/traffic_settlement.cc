// Owns: the part of the meter that joins the kernel's counts of a socket with the packets of its flows.
// Knows nothing of: who counts in the kernel. Each byte is charged once, whichever of the two told of it first.
#include <netinet/in.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

/// What the kernel counted and the capture did not deliver within this time has not been on the wire: a queue of the
/// host or its firewall dropped it. Unless the capture lost frames meanwhile.
constexpr int64_t kLongestLag = 2 * kNanosPerSecond;
constexpr int64_t kRetiredKept = 5 * kNanosPerSecond;
constexpr size_t kMostRetired = 8192;

bool is_connected(const FiveTuple& tuple) noexcept {
  return tuple.remote.port != 0 || !tuple.remote.address.is_wildcard();
}

uint64_t pool_key(InterfaceSlot interface, const FiveTuple& tuple) noexcept {
  return uint64_t{interface} << 32 | uint64_t{tuple.protocol} << 16 | tuple.local.port;
}

}  // namespace

std::optional<InterfaceSlot> TrafficMeter::slot_of(uint32_t interface_index, uint32_t netns) const noexcept {
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    const Vantage& vantage = interfaces_[i].vantage;
    if (vantage.interface_index == interface_index && vantage.netns == netns) return static_cast<InterfaceSlot>(i);
  }
  return std::nullopt;
}

OwnerSlot TrafficMeter::process_owner(const ProcessInfo& process, uint32_t netns) {
  const OwnerSlot slot = ledger_.process_owner(process);
  ledger_.owner(slot).netns = netns;
  return slot;
}

Flow* TrafficMeter::find_flow(InterfaceSlot interface, const FiveTuple& tuple) {
  return table_.find(table_.hash(tuple, interface, true), tuple, interface, true);
}

void TrafficMeter::charge_socket(const SocketCharge& charge) {
  const AccountSlot to = ledger_.account(charge.owner, charge.interface);
  const bool connected = is_connected(charge.tuple);
  if (!interfaces_[charge.interface].vantage.captured) return charge_uncaptured(charge, to);
  // What a listener gets, the flows of its connections have too: it is their owners'.
  if (charge.tuple.protocol == IPPROTO_TCP && !connected) return;
  Counters left = charge.counters;
  Flow* flow = connected ? find_flow(charge.interface, charge.tuple) : nullptr;
  const bool replaced = flow != nullptr && flow->first_ns > charge.time_ns;
  if ((flow == nullptr || replaced) && connected && settle_retired(charge, to, left) && left == Counters()) return;
  if (replaced) flow = nullptr;
  if (flow != nullptr) settle_part(*flow, to, left);
  if (left == Counters()) return;
  const bool stream = charge.tuple.protocol == IPPROTO_TCP;
  PortPool* pool = stream ? nullptr : find_pool(charge.interface, charge.tuple);
  if (pool != nullptr) settle_pool(*pool, charge.tuple.local.address, to, left);
  if (left == Counters()) return;
  if (replaced) {  // its packets were lost, and others have its ports by now
    ledger_.at(to).counters += left;
    interfaces_[charge.interface].recovered += left;
    return;
  }
  if (!connected) {
    if (pool == nullptr) pool = &open_pool(charge.interface, charge.tuple);
    add_ahead(pool->ahead, charge.interface, to, left, charge.time_ns);
    return;
  }
  if (flow == nullptr) flow = &open_unseen(charge.interface, charge.tuple, to, charge.time_ns);
  flow->counters += left;
  flow->settled += left;
  add_ahead(ahead_[flow->slot], charge.interface, to, left, charge.time_ns);
  flow->ahead = true;
}

/// Where nothing is captured the kernel's counts are all there is.
void TrafficMeter::charge_uncaptured(const SocketCharge& charge, AccountSlot to) {
  ledger_.at(to).counters += charge.counters;
  interfaces_[charge.interface].counters += charge.counters;
  Flow* flow = find_flow(charge.interface, charge.tuple);
  if (flow == nullptr) flow = &open_unseen(charge.interface, charge.tuple, to, charge.time_ns);
  if (flow->account != to) set_account(*flow, to);
  flow->counters += charge.counters;
  flow->settled += charge.counters;
  table_.touch(*flow, charge.time_ns);
}

void TrafficMeter::move_socket(InterfaceSlot interface, OwnerSlot from, OwnerSlot to, const Counters& counters) {
  if (from != to) ledger_.move(ledger_.account(from, interface), ledger_.account(to, interface), counters);
}

void TrafficMeter::charge_retransmission(const FiveTuple& tuple, OwnerSlot owner, uint64_t bytes, uint64_t packets) {
  const auto charge = [&](Account& account) {
    account.retransmitted_bytes += bytes;
    account.retransmitted_packets += packets;
  };
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    Flow* flow = find_flow(static_cast<InterfaceSlot>(i), tuple);
    if (flow == nullptr) continue;
    flow->retransmitted_bytes += bytes;
    return charge(ledger_.at(ledger_.account(owner, static_cast<InterfaceSlot>(i))));
  }
  const auto& accounts = ledger_.owner(owner).accounts;
  if (!accounts.empty()) charge(ledger_.at(accounts.front()));
}

void TrafficMeter::settle_part(Flow& flow, AccountSlot to, Counters& left) {
  const Counters take = smaller(left, flow.counters - flow.settled);
  ledger_.move(flow.account, to, take);
  flow.settled += take;
  left -= take;
  if (flow.settled == flow.counters) flow.unsettled_ns = 0;
}

void TrafficMeter::settle_pool(PortPool& pool, const IpAddress& local, AccountSlot to, Counters& left) {
  std::erase_if(pool.waiting, [&](const FlowId id) {
    Flow* flow = table_.get(id);
    if (flow == nullptr) return true;
    if (left == Counters() || (!local.is_wildcard() && local != flow->tuple.local.address)) return false;
    settle_part(*flow, to, left);
    if (flow->settled != flow->counters) return false;
    flow->waiting = false;
    return true;
  });
}

bool TrafficMeter::settle_retired(const SocketCharge& charge, AccountSlot to, Counters& left) {
  const uint32_t hash = table_.hash(charge.tuple, charge.interface, true);
  const auto [first, last] = retired_.equal_range(hash);
  for (auto it = first; it != last; ++it) {
    RetiredFlow& flow = it->second;
    if (flow.tuple != charge.tuple || flow.interface != charge.interface) continue;
    const Account& account = ledger_.at(flow.account);
    if (!account.used || ledger_.owner(account.owner).id != flow.owner_id) continue;
    const Counters take = smaller(left, flow.unsettled);
    left -= take;
    // The last word on the socket: what else came for it (in TIME_WAIT, say) was its owner's too.
    ledger_.move(flow.account, to, charge.last ? flow.unsettled : take);
    flow.unsettled -= charge.last ? flow.unsettled : take;
    return true;
  }
  return false;
}

void TrafficMeter::add_ahead(Ahead& ahead, InterfaceSlot interface, AccountSlot account, const Counters& more,
                             int64_t now_ns) {
  InterfaceTraffic& traffic = interfaces_[interface];
  if (ahead.counters == Counters()) ahead.since_ns = now_ns;
  ahead.counters += more;
  ahead.account = account;
  ahead.time_ns = now_ns;
  ledger_.at(account).counters += more;
  traffic.recovered += more;
}

/// A packet has come whose bytes were perhaps charged already: gives the part that was not. Puts the flow on the list
/// of its pool, for the next count of the kernel.
Way TrafficMeter::take_ahead(Flow& flow, const Way& way, bool sent) {
  Way fresh = way;
  Way& recovered = sent ? interfaces_[flow.interface].recovered.sent : interfaces_[flow.interface].recovered.received;
  const auto take = [&](Ahead& ahead) {
    Way& open = sent ? ahead.counters.sent : ahead.counters.received;
    const Way part = smaller(open, fresh);
    open -= part;
    recovered -= part;
    fresh -= part;
    return part;
  };
  if (flow.ahead) {
    const auto found = ahead_.find(flow.slot);
    take(found->second);
    if (found->second.counters == Counters()) {
      ahead_.erase(found);
      flow.ahead = false;
    }
  }
  if (flow.pool == 0) return fresh;
  PortPool& pool = pools_[flow.pool];
  if (pool.ahead.counters.packets() != 0 || pool.ahead.counters.bytes() != 0) {
    const Way part = take(pool.ahead);
    flow.counters.add(sent, part);
    flow.settled.add(sent, part);
  }
  if (!flow.waiting) {
    flow.waiting = true;
    pool.waiting.push_back(table_.id_of(flow));
  }
  return fresh;
}

Flow& TrafficMeter::open_unseen(InterfaceSlot interface, const FiveTuple& tuple, AccountSlot account, int64_t now_ns) {
  Flow& flow = table_.insert(table_.hash(tuple, interface, true), tuple, interface, true, now_ns);
  flow.unseen = true;
  flow.account = account;
  flow.quality = MatchQuality::kMetered;
  flow.orphan = true;
  flow.check_ns = kNever;
  ++ledger_.owner(ledger_.at(account).owner).flows;
  join_pool(flow);
  reclass(flow);
  return flow;
}

PortPool* TrafficMeter::find_pool(InterfaceSlot interface, const FiveTuple& tuple) {
  const auto found = pool_of_.find(pool_key(interface, tuple));
  return found == pool_of_.end() ? nullptr : &pools_[found->second];
}

PortPool& TrafficMeter::open_pool(InterfaceSlot interface, const FiveTuple& tuple) {
  const uint64_t key = pool_key(interface, tuple);
  const auto [entry, added] = pool_of_.try_emplace(key, 0);
  if (added && free_pools_.empty()) {
    entry->second = static_cast<uint32_t>(pools_.size());
    pools_.emplace_back();
  } else if (added) {
    entry->second = free_pools_.back();
    free_pools_.pop_back();
  }
  PortPool& pool = pools_[entry->second];
  pool.key = key;
  return pool;
}

void TrafficMeter::join_pool(Flow& flow) {
  if (flow.tuple.protocol == IPPROTO_TCP || flow.tuple.local.port == 0) return;
  PortPool& pool = open_pool(flow.interface, flow.tuple);
  flow.pool = static_cast<uint32_t>(&pool - pools_.data());
  ++pool.flows;
  if (pool.members.size() > 2 * size_t{pool.flows} + 16) {
    std::erase_if(pool.members, [&](const FlowId id) { return table_.get(id) == nullptr; });
  }
  pool.members.push_back(table_.id_of(flow));
}

void TrafficMeter::leave_pool(const Flow& flow) {
  if (flow.pool == 0) return;
  PortPool& pool = pools_[flow.pool];
  if (--pool.flows != 0) return;
  pool_of_.erase(pool.key);
  pool = PortPool();
  free_pools_.push_back(flow.pool);
}

void TrafficMeter::rebind(Flow& flow, OwnerSlot owner, int64_t since_ns) {
  const AccountSlot target = account_of(flow, owner);
  if (target != flow.account) {
    // The socket before this one had these ports too: what came until now was meant for it.
    if (flow.quality == MatchQuality::kMetered && flow.last_ns < since_ns) settle(flow);
    move_unsettled(flow, target);
    set_account(flow, target);
  }
  flow.quality = MatchQuality::kMetered;
  flow.asked = false;
  flow.final = false;
  flow.orphan = true;  // whatever still comes for the socket after the process's end is its own
  flow.check_ns = kNever;
  reclass(flow);
}

void TrafficMeter::bind_metered(FlowId id, OwnerSlot owner, int64_t since_ns) {
  if (Flow* flow = table_.get(id)) rebind(*flow, owner, since_ns);
}

void TrafficMeter::own_socket(const FiveTuple& tuple, OwnerSlot owner, int64_t time_ns) {
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    const auto interface = static_cast<InterfaceSlot>(i);
    if (is_connected(tuple)) {
      Flow* flow = find_flow(interface, tuple);
      if (flow != nullptr) rebind(*flow, owner, time_ns);
    } else if (PortPool* pool = find_pool(interface, tuple)) {
      for (const FlowId id : pool->members) {
        if (Flow* flow = table_.get(id)) ask(*flow);
      }
    }
  }
}

void TrafficMeter::close_socket(const FiveTuple& tuple, int64_t until_ns) {
  for (size_t i = 0; i < interfaces_.size(); ++i) {
    const auto interface = static_cast<InterfaceSlot>(i);
    if (is_connected(tuple)) {
      Flow* flow = find_flow(interface, tuple);
      if (flow == nullptr || flow->quality != MatchQuality::kMetered) continue;
      flow->check_ns = until_ns;
      if (tuple.protocol == IPPROTO_TCP && !flow->ended) {
        flow->ended = true;
        reclass(*flow);
      }
    } else if (PortPool* pool = find_pool(interface, tuple)) {
      for (const FlowId id : pool->members) {
        Flow* flow = table_.get(id);
        if (flow != nullptr && flow->quality == MatchQuality::kMetered) flow->check_ns = until_ns;
      }
    }
  }
}

/// Frames that were sent past all sockets look like flows without one, or like ARP and the like.
Way TrafficMeter::charge_injection(InterfaceSlot interface, OwnerSlot owner, Way left) {
  const AccountSlot to = ledger_.account(owner, interface);
  const auto take = [&](AccountSlot from, Way& have) {
    if (left.frames == 0 || have.frames == 0) return;
    Way part = have;
    if (have.frames > left.frames || have.bytes > left.bytes) {
      // Only a part of it: how much of its packets is payload is not known.
      part.bytes = std::min(have.bytes, left.bytes);
      part.packets = std::min(have.packets, left.packets);
      part.frame_bytes = std::min(have.frame_bytes, left.frame_bytes);
      part.frames = std::min(have.frames, left.frames);
      part.ip_bytes = have.ip_bytes * part.frames / have.frames;
      part.payload_bytes = have.payload_bytes * part.frames / have.frames;
    }
    Counters moved;
    moved.sent = part;
    ledger_.move(from, to, moved);
    have -= part;
    left.bytes -= std::min(left.bytes, part.bytes);
    left.packets -= std::min(left.packets, part.packets);
    left.frame_bytes -= std::min(left.frame_bytes, part.frame_bytes);
    left.frames -= std::min(left.frames, part.frames);
  };
  for (const FlowClass flow_class : {FlowClass::kProbation, FlowClass::kUnowned}) {
    table_.for_each_recent(flow_class, [&](Flow& flow) {
      if (flow.interface == interface && !ledger_.at(flow.account).process && flow.quality != MatchQuality::kMetered) {
        take(flow.account, flow.counters.sent);
        flow.settled.sent = smaller(flow.settled.sent, flow.counters.sent);
      }
      return left.frames != 0;
    });
  }
  for (const Reason reason : {Reason::kArp, Reason::kNotIp, Reason::kUndecoded}) {
    const AccountSlot from = ledger_.reason_account(reason, interface);
    Way have = ledger_.at(from).counters.sent;
    take(from, have);
  }
  return left.frames == 0 ? Way() : left;
}

void TrafficMeter::retire(const Flow& flow, AccountSlot account) {
  leave_pool(flow);
  if (flow.ahead) ahead_.erase(flow.slot);
  const Counters unsettled = flow.counters - flow.settled;
  if (!flow.oriented || unsettled == Counters() || retired_order_.size() >= kMostRetired) return;
  const int64_t now = flow.last_ns;
  retired_.emplace(flow.hash, RetiredFlow{flow.tuple, flow.interface, account,
                                          ledger_.owner(ledger_.at(account).owner).id, unsettled, now});
  retired_order_.emplace_back(now, flow.hash);
}

/// The packets did not come although the capture lost nothing: they never were on the wire.
void TrafficMeter::void_ahead(Ahead& ahead, InterfaceSlot interface, Flow* flow) {
  InterfaceTraffic& traffic = interfaces_[interface];
  if (traffic.last_loss_ns < ahead.since_ns - kLongestLag) {
    const Counters take = smaller(ahead.counters, ledger_.at(ahead.account).counters);
    ledger_.at(ahead.account).counters -= take;
    traffic.recovered -= take;
    if (flow != nullptr) {
      flow->counters -= take;
      flow->settled -= take;
    }
  }
  ahead = Ahead();
}

void TrafficMeter::tidy_settlement(int64_t realtime_ns) {
  while (!retired_order_.empty() && realtime_ns - retired_order_.front().first > kRetiredKept) {
    const auto [time, hash] = retired_order_.front();
    retired_order_.pop_front();
    const auto [first, last] = retired_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second.time_ns != time) continue;
      retired_.erase(it);
      break;
    }
  }
  const int64_t late = realtime_ns - kLongestLag;
  std::vector<uint32_t> old;
  for (const auto& [slot, ahead] : ahead_) {
    if (ahead.time_ns < late) old.push_back(slot);
  }
  for (const uint32_t slot : old) {
    Flow& flow = table_.at(slot);
    void_ahead(ahead_[slot], flow.interface, &flow);
    ahead_.erase(slot);
    flow.ahead = false;
  }
  for (PortPool& pool : pools_) {
    if (pool.ahead.counters == Counters() || pool.ahead.time_ns >= late) continue;
    void_ahead(pool.ahead, static_cast<InterfaceSlot>(pool.key >> 32), nullptr);
  }
}

}  // namespace nettrace
