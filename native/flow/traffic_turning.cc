// Owns: the part of the meter that sees flows from the side of a socket whose address is none of this host's: without
// the socket such packets pass through. Knows nothing of: who tells of sockets.
#include <netinet/in.h>

#include <utility>

#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

Initiator other_side(Initiator initiator) noexcept {
  if (initiator == Initiator::kUnknown) return initiator;
  return initiator == Initiator::kLocal ? Initiator::kRemote : Initiator::kLocal;
}

FiveTuple ordered(FiveTuple tuple) noexcept {
  if (tuple.remote < tuple.local) std::swap(tuple.local, tuple.remote);
  return tuple;
}

/// As it stands among the foreign sockets.
FiveTuple of_socket(const FiveTuple& tuple, bool connected) noexcept {
  return connected ? tuple : FiveTuple{tuple.local, {}, tuple.protocol};
}

}  // namespace

bool TrafficMeter::is_foreign(const FiveTuple& tuple) const noexcept {
  const IpAddress& local = tuple.local.address;
  return !local.is_wildcard() && !addresses_.is_for_this_host(local);
}

void TrafficMeter::note_socket(const FiveTuple& tuple, bool last) {
  const bool connected = tuple.remote.port != 0 || !tuple.remote.address.is_wildcard();
  if (!last && is_foreign(tuple)) foreign_.open(of_socket(tuple, connected));
}

Flow* TrafficMeter::find_flow(InterfaceSlot interface, const FiveTuple& tuple) {
  Flow* flow = table_.find(table_.hash(tuple, interface, true), tuple, interface, true);
  if (flow != nullptr || foreign_.empty() || !foreign_.contains(tuple)) return flow;
  const FiveTuple either = ordered(tuple);
  flow = table_.find(table_.hash(either, interface, false), either, interface, false);
  // Another socket may lie at the other end of it: what the interface sends comes from the local end.
  const bool here = flow != nullptr && ((flow->tuple.local == tuple.local) != flow->swapped) == flow->first_sent;
  return here ? &turn(*flow, tuple) : nullptr;
}

/// What the interface sends comes from the socket, what it receives goes to it.
std::optional<Sighting> TrafficMeter::sighting_of_socket(const Sighting& sighting) const {
  Sighting seen = sighting;
  if (seen.from_local != seen.sent) std::swap(seen.tuple.local, seen.tuple.remote);
  if (!foreign_.contains(seen.tuple)) return std::nullopt;
  seen.oriented = true;
  seen.from_local = seen.sent;
  seen.reason = Reason::kPending;
  return seen;
}

FlowId TrafficMeter::claim(FlowId id, const FiveTuple& tuple, bool connected, bool open) {
  Flow* flow = table_.get(id);
  if (flow == nullptr || flow->oriented) return id;
  if (open && is_foreign(tuple)) foreign_.open(of_socket(tuple, connected));
  if (foreign_.contains(tuple)) return table_.id_of(turn(*flow, tuple));
  // A raw socket's packets are not counted by the kernel, so nothing has to meet with them.
  const AccountSlot pending = account_of(*flow, Reason::kPending);
  move_unsettled(*flow, pending);
  set_account(*flow, pending);
  return id;
}

/// The flow makes way for one that is oriented: its packets are counted there as if they came now.
Flow& TrafficMeter::turn(Flow& flow, const FiveTuple& tuple) {
  const Flow was = flow;
  const OwnerSlot before = ledger_.at(was.account).owner;
  const bool owned = ledger_.at(was.account).process;
  const Counters packets = was.counters - was.settled;
  ledger_.at(was.account).counters -= packets;
  flow.counters = flow.settled = {};
  table_.remove(flow);

  const uint32_t hash = table_.hash(tuple, was.interface, true);
  Flow* to = table_.find(hash, tuple, was.interface, true);
  if (to == nullptr) {
    to = &table_.insert(hash, tuple, was.interface, true, was.first_ns);
    take_over(*to, was);
    to->account = account_of(*to, owned ? before : Ledger::reason_owner(Reason::kPending));
    ++flow_count(*to);
    join_pool(*to);
    if (!early_.empty() && tuple.protocol == IPPROTO_TCP) adopt_early(*to, to->syn_seen);
  }
  to->counters += was.settled;
  to->settled += was.settled;
  const auto count = [&](const Way& way, bool sent) {
    if (way == Way()) return;
    const Way fresh = to->ahead || to->pool != 0 ? take_ahead(*to, way, sent) : way;
    ledger_.at(to->account).counters.add(sent, fresh);
    to->counters.add(sent, fresh);
  };
  count(packets.sent, true);
  count(packets.received, false);
  if (to->unsettled_ns == 0) to->unsettled_ns = was.first_ns;
  table_.touch(*to, was.last_ns);
  reclass(*to);
  if (is_pending(*to)) ask(*to);
  return *to;
}

/// What is known of the flow, from the other side where the socket lies there.
void TrafficMeter::take_over(Flow& to, const Flow& was) {
  const bool same = to.tuple.local == was.tuple.local;
  to.initiator = same ? was.initiator : other_side(was.initiator);
  to.fin_sent = same ? was.fin_sent : was.fin_received;
  to.fin_received = same ? was.fin_received : was.fin_sent;
  to.icmp_type = was.icmp_type;
  to.first_sent = was.first_sent;
  to.vlan = was.vlan;
  to.tcp_sequence = was.tcp_sequence;
  to.syn_seen = was.syn_seen;
  to.ended = was.ended;
  to.answered = was.answered;
  to.quality = was.quality;
  to.orphan = was.orphan;
  to.cookie = was.cookie;
  to.retransmitted_bytes = was.retransmitted_bytes;
  const Vantage& vantage = interfaces_[to.interface].vantage;
  // As for any packet of this host, see crosses_again(); of a macvlan's it is known from where it was seen first.
  to.view.repeated = vantage.under_captured || (to.vlan != 0 && vantage.vlans_captured) ||
                     (was.view.repeated && !vantage.captured_children.empty());
}

}  // namespace nettrace
