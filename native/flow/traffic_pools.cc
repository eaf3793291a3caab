// Owns: what waits for the kernel's counts: the flows of a local port, and flows that have left the table.
// Knows nothing of: how the counts are charged (traffic_settlement.cc).
#include <netinet/in.h>

#include <algorithm>

#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

constexpr size_t kMostRetired = 8192;

uint64_t pool_key(InterfaceSlot interface, const FiveTuple& tuple) noexcept {
  return uint64_t{interface} << 32 | uint64_t{tuple.protocol} << 16 | tuple.local.port;
}

}  // namespace

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
  --pool.flows;
  close_unused(pool);
}

void TrafficMeter::close_unused(PortPool& pool) {
  if (pool.flows != 0 || pool.ahead) return;
  pool_of_.erase(pool.key);
  free_pools_.push_back(static_cast<uint32_t>(&pool - pools_.data()));
  pool = PortPool();
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
  RetiredFlow* flow = find_retired(charge);
  if (flow == nullptr) return false;
  const Counters take = smaller(left, flow->unsettled);
  left -= take;
  // The last word on the socket: what else came for it (in TIME_WAIT, say) was its owner's too.
  ledger_.move(flow->account, to, charge.last ? flow->unsettled : take);
  flow->unsettled -= charge.last ? flow->unsettled : take;
  return true;
}

/// The last of those with this tuple that had begun by then: the ports may have been used many times since.
RetiredFlow* TrafficMeter::find_retired(const SocketCharge& charge) {
  RetiredFlow* latest = nullptr;
  const auto [first, last] = retired_.equal_range(table_.hash(charge.tuple, charge.interface, true));
  for (auto it = first; it != last; ++it) {
    RetiredFlow& flow = it->second;
    if (flow.tuple != charge.tuple || flow.interface != charge.interface ||
        flow.first_ns > charge.since_ns + kClocksApart)
      continue;
    if (flow.cookie != 0 && flow.cookie != charge.cookie) continue;
    const Account& account = ledger_.at(flow.account);
    if (!account.used || ledger_.owner(account.owner).id != flow.owner_id) continue;
    if (latest == nullptr || flow.first_ns > latest->first_ns) latest = &flow;
  }
  return latest;
}

void TrafficMeter::retire(const Flow& flow, AccountSlot account) {
  leave_pool(flow);
  if (flow.ahead) keep_ahead(flow);
  const Counters unsettled = flow.counters - flow.settled;
  if (!flow.oriented || unsettled == Counters() || retired_order_.size() >= kMostRetired) return;
  retired_.emplace(flow.hash,
                   RetiredFlow{flow.tuple, flow.interface, account, ledger_.owner(ledger_.at(account).owner).id,
                               unsettled, flow.cookie, flow.first_ns, flow.last_ns});
  retired_order_.emplace_back(flow.last_ns, flow.hash);
}

}  // namespace nettrace
