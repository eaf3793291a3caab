// Owns: the part of the meter that joins the kernel's counts of a socket with the packets of its flows.
// Knows nothing of: who counts in the kernel. Each byte is charged once, whichever of the two told of it first.
#include <netinet/in.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

constexpr int64_t kAskedAgain = 200 * kNanosPerMilli;
constexpr int64_t kRetiredKept = 5 * kNanosPerSecond;

bool is_connected(const FiveTuple& tuple) noexcept {
  return tuple.remote.port != 0 || !tuple.remote.address.is_wildcard();
}

/// How a flow stands to a TCP connection with the same ports, whose socket has this cookie and was first heard of then.
enum class Turn : uint8_t { kOwn, kEarlier, kLater };

/// A socket that connects is heard of with its first packet, an accepted one soon after. Of a connection that was there
/// before the capture the first packet was not seen.
Turn turn_of(const Flow& flow, uint64_t cookie, int64_t since_ns) noexcept {
  if (flow.cookie == cookie) return Turn::kOwn;
  if (flow.cookie != 0) return flow.first_ns < since_ns ? Turn::kEarlier : Turn::kLater;
  if (flow.ended && flow.last_ns < since_ns) return Turn::kEarlier;
  return flow.syn_seen && flow.first_ns > since_ns + kClocksApart ? Turn::kLater : Turn::kOwn;
}

}  // namespace

std::optional<InterfaceSlot> TrafficMeter::slot_of(uint32_t interface_index, uint32_t netns) const noexcept {
  for (const InterfaceSlot slot : present_) {
    const Vantage& vantage = interfaces_[slot].vantage;
    if (vantage.interface_index == interface_index && vantage.netns == netns) return slot;
  }
  return std::nullopt;
}

OwnerSlot TrafficMeter::process_owner(const ProcessInfo& process, uint32_t netns) {
  const OwnerSlot slot = ledger_.process_owner(process);
  ledger_.owner(slot).netns = netns;
  return slot;
}

void TrafficMeter::charge_socket(const SocketCharge& charge) {
  const AccountSlot to = ledger_.account(charge.owner, charge.interface);
  const bool connected = is_connected(charge.tuple);
  if (!interfaces_[charge.interface].vantage.captured) return charge_uncaptured(charge, to);
  note_socket(charge.tuple, charge.last);
  if (charge.tuple.protocol == IPPROTO_TCP) {
    // What a listener gets, the flows of its connections have too: it is their owners'.
    if (connected) charge_connection(charge, to);
    return;
  }
  Counters left = charge.counters;
  Flow* flow = connected ? find_flow(charge.interface, charge.tuple) : nullptr;
  if (flow == nullptr && connected) settle_retired(charge, to, left);
  if (flow != nullptr) settle_part(*flow, to, left);
  if (left == Counters()) return;
  PortPool* pool = find_pool(charge.interface, charge.tuple);
  if (pool != nullptr) settle_pool(*pool, charge.tuple.local.address, to, left);
  if (left == Counters()) return;
  if (!connected) {
    if (pool == nullptr) pool = &open_pool(charge.interface, charge.tuple);
    return charge_ahead(*pool, to, left, charge.time_ns);
  }
  if (flow == nullptr) flow = &open_unseen(charge.interface, charge.tuple, to, charge.time_ns);
  charge_ahead(*flow, to, left, charge.time_ns);
}

void TrafficMeter::charge_connection(const SocketCharge& charge, AccountSlot to) {
  Counters left = charge.counters;
  Flow* flow = find_flow(charge.interface, charge.tuple);
  Turn turn = flow == nullptr ? Turn::kEarlier : turn_of(*flow, charge.cookie, charge.since_ns);
  // Time alone is no proof: a busy machine may be slow between the record and the packet.
  if (turn == Turn::kLater && flow->cookie == 0 && find_retired(charge) == nullptr) turn = Turn::kOwn;
  if (turn == Turn::kOwn) {
    flow->cookie = charge.cookie;
    settle_part(*flow, to, left);
    if (left != Counters()) charge_ahead(*flow, to, left, charge.time_ns);
    return;
  }
  settle_retired(charge, to, left);
  if (left != Counters()) charge_early(charge, to, left, turn == Turn::kLater);
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
  if (from == to) return;
  const AccountSlot source = ledger_.account(from, interface);
  // A part of it may have been taken back meanwhile: it never was on the wire (traffic_ahead.cc).
  ledger_.move(source, ledger_.account(to, interface), smaller(counters, ledger_.at(source).counters));
}

void TrafficMeter::charge_retransmission(const FiveTuple& tuple, OwnerSlot owner, uint64_t bytes, uint64_t packets) {
  const auto charge = [&](Account& account) {
    account.retransmitted_bytes += bytes;
    account.retransmitted_packets += packets;
  };
  for (const InterfaceSlot interface : present_) {
    Flow* flow = find_flow(interface, tuple);
    if (flow == nullptr) continue;
    flow->retransmitted_bytes += bytes;
    return charge(ledger_.at(ledger_.account(owner, interface)));
  }
  const auto& accounts = ledger_.owner(owner).accounts;
  if (!accounts.empty()) charge(ledger_.at(accounts.back()));
}

void TrafficMeter::settle_part(Flow& flow, AccountSlot to, Counters& left) {
  const Counters take = smaller(left, flow.counters - flow.settled);
  ledger_.move(flow.account, to, take);
  flow.settled += take;
  left -= take;
  if (flow.settled == flow.counters) flow.unsettled_ns = 0;
}

Flow& TrafficMeter::open_unseen(InterfaceSlot interface, const FiveTuple& tuple, AccountSlot account, int64_t now_ns) {
  Flow& flow = table_.insert(table_.hash(tuple, interface, true), tuple, interface, true, now_ns);
  flow.account = account;
  flow.quality = MatchQuality::kMetered;
  flow.orphan = true;
  flow.check_ns = kNever;
  ++flow_count(flow);
  join_pool(flow);
  reclass(flow);
  return flow;
}

void TrafficMeter::rebind(Flow& flow, OwnerSlot owner, int64_t since_ns) {
  const AccountSlot target = account_of(flow, owner);
  if (target != flow.account) {
    // Another socket had these ports before: what came until now was meant for it. A TCP flow is of one connection.
    const bool datagrams = flow.tuple.protocol != IPPROTO_TCP;
    if (datagrams && !is_pending(flow) && flow.last_ns < since_ns) settle(flow);
    move_unsettled(flow, target);
    set_account(flow, target);
  }
  flow.quality = MatchQuality::kMetered;
  flow.asked = false;
  flow.final = false;
  flow.of_listener = false;
  flow.orphan = true;  // whatever still comes for the socket after the process's end is its own
  flow.check_ns = kNever;
  reclass(flow);
}

void TrafficMeter::bind_metered(FlowId id, OwnerSlot owner, int64_t since_ns, uint64_t cookie) {
  Flow* flow = table_.get(id);
  if (flow == nullptr) return;
  if (flow->tuple.protocol == IPPROTO_TCP && flow->cookie == 0) flow->cookie = cookie;
  rebind(*flow, owner, since_ns);
}

void TrafficMeter::bind_listener(FlowId id, OwnerSlot owner) {
  bind_metered(id, owner, 0);
  if (Flow* flow = table_.get(id)) flow->of_listener = true;
}

/// The handshake is over: whoever accepts the connection owns it, and will be told of. It may be long until then.
void TrafficMeter::leave_listener(Flow& flow, const PacketView& packet) {
  if (!packet.has_transport || (packet.tcp_flags & (tcp_flag::kSyn | tcp_flag::kRst)) != 0) return;
  rebind(flow, Ledger::reason_owner(Reason::kPending), 0);
  ask(flow);
}

void TrafficMeter::own_socket(const FiveTuple& tuple, uint64_t cookie, OwnerSlot owner, int64_t since_ns,
                              int64_t now_ns) {
  note_socket(tuple);
  for (const InterfaceSlot interface : present_) {
    if (is_connected(tuple)) {
      Flow* flow = find_flow(interface, tuple);
      const bool stream = tuple.protocol == IPPROTO_TCP;
      // A flow of another connection with these ports: this one's packets are still to come, or have come.
      if (flow == nullptr || (stream && turn_of(*flow, cookie, since_ns) != Turn::kOwn)) continue;
      if (stream) flow->cookie = cookie;
      rebind(*flow, owner, since_ns);
    } else if (PortPool* pool = find_pool(interface, tuple); pool != nullptr && now_ns - pool->asked_ns > kAskedAgain) {
      // Processes that share a socket may take turns thousands of times a second; the kernel's sums tell them apart.
      pool->asked_ns = now_ns;
      for (const FlowId id : pool->members) {
        if (Flow* flow = table_.get(id)) ask(*flow);
      }
    }
  }
}

void TrafficMeter::close_socket(const FiveTuple& tuple, int64_t until_ns) {
  foreign_.close(is_connected(tuple) ? tuple : FiveTuple{tuple.local, {}, tuple.protocol}, until_ns);
  for (const InterfaceSlot interface : present_) {
    if (is_connected(tuple)) {
      Flow* flow = find_flow(interface, tuple);
      if (flow == nullptr || flow->quality != MatchQuality::kMetered) continue;
      flow->check_ns = until_ns;
      if (tuple.protocol == IPPROTO_TCP && !flow->ended) end_flow(*flow);
    } else if (PortPool* pool = find_pool(interface, tuple)) {
      for (const FlowId id : pool->members) {
        Flow* flow = table_.get(id);
        if (flow != nullptr && flow->quality == MatchQuality::kMetered) flow->check_ns = until_ns;
      }
    }
  }
}

void TrafficMeter::tidy_settlement(int64_t realtime_ns) {
  while (!retired_order_.empty() && realtime_ns - retired_order_.front().first > kRetiredKept) {
    const auto [time, hash] = retired_order_.front();
    retired_order_.pop_front();
    const auto [first, last] = retired_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second.last_ns != time) continue;
      retired_.erase(it);
      break;
    }
  }
  tidy_ahead(realtime_ns);
  tidy_disowned(realtime_ns);
}

}  // namespace nettrace
