#include "native/flow/traffic_meter.h"

#include <netinet/in.h>

#include <algorithm>

namespace nettrace {
namespace {

/// Packets that are looked up together, so that their buckets are on the way to the cache when they are needed.
constexpr size_t kStride = 32;
/// Both sightings of a loopback packet share one interface; the receiver's fragments need their own key.
constexpr InterfaceSlot kReceiverSide = 0x8000;

bool opens_connection(const PacketView& packet) noexcept {
  return packet.protocol == IPPROTO_TCP && packet.has_transport &&
         (packet.tcp_flags & (tcp_flag::kSyn | tcp_flag::kAck)) == tcp_flag::kSyn;
}

InterfaceSlot fragment_side(InterfaceSlot interface, const Sighting& sighting, bool loopback) noexcept {
  return loopback && !sighting.sent ? static_cast<InterfaceSlot>(interface | kReceiverSide) : interface;
}

}  // namespace

TrafficMeter::TrafficMeter(const MeterOptions& options)
    : table_(options.max_flows, options.hash_key, *this),
      fragments_(options.hash_key[0] ^ options.hash_key[3]),
      foreign_(options.hash_key),
      pools_(1) {}

InterfaceSlot TrafficMeter::add_interface(const Vantage& vantage) {
  interfaces_.emplace_back().vantage = vantage;
  return present_.emplace_back(static_cast<InterfaceSlot>(interfaces_.size() - 1));
}

void TrafficMeter::set_vantage(InterfaceSlot slot, const Vantage& vantage) {
  interfaces_[slot].vantage = vantage;
  const auto place = std::ranges::lower_bound(present_, slot);
  if (place == present_.end() || *place != slot) present_.insert(place, slot);
}

bool TrafficMeter::leave_interface(InterfaceSlot slot) {
  if (table_.size_on(slot) != 0) return false;
  std::erase(present_, slot);
  return true;
}

void TrafficMeter::set_lost_frames(InterfaceSlot slot, uint64_t frames, int64_t realtime_ns) noexcept {
  InterfaceTraffic& traffic = interfaces_[slot];
  if (frames > traffic.lost_frames) traffic.last_loss_ns = realtime_ns;
  traffic.lost_frames = frames;
}

void TrafficMeter::begin_cut(InterfaceSlot slot, int64_t realtime_ns) noexcept {
  interfaces_[slot].cut_ns = realtime_ns;
  interfaces_[slot].cut_taken = false;
}

std::optional<Counters> TrafficMeter::end_cut(InterfaceSlot slot, bool now) noexcept {
  InterfaceTraffic& traffic = interfaces_[slot];
  if (now && traffic.cut_ns != kNever) take_cut(traffic);
  if (!traffic.cut_taken) return std::nullopt;
  traffic.cut_taken = false;
  return traffic.at_cut;
}

void TrafficMeter::take_cut(InterfaceTraffic& traffic) noexcept {
  traffic.at_cut = traffic.counters;
  traffic.at_cut += traffic.recovered;
  traffic.cut_ns = kNever;
  traffic.cut_taken = true;
}

void TrafficMeter::count(InterfaceSlot interface, std::span<const PacketView> packets) {
  InterfaceTraffic& traffic = interfaces_[interface];
  std::array<Sightings, kStride> seen;
  std::array<std::array<uint32_t, 2>, kStride> hashes;
  while (!packets.empty()) {
    const auto stride = packets.first(std::min(kStride, packets.size()));
    packets = packets.subspan(stride.size());
    for (size_t i = 0; i < stride.size(); ++i) {
      ++traffic.frames;
      ++traffic.outcomes[static_cast<size_t>(stride[i].outcome)];
      seen[i] = look(stride[i], traffic.vantage, addresses_);
      for (size_t k = 0; k < seen[i].count; ++k) {
        const Sighting& sighting = seen[i].items[k];
        if (!sighting.has_flow) continue;
        hashes[i][k] = table_.hash(sighting.tuple, interface, sighting.oriented);
        table_.prefetch(hashes[i][k]);
      }
    }
    for (size_t i = 0; i < stride.size(); ++i) {
      if (stride[i].timestamp_ns > traffic.cut_ns) [[unlikely]]
        take_cut(traffic);
      for (size_t k = 0; k < seen[i].count; ++k) charge(interface, stride[i], seen[i].items[k], hashes[i][k]);
    }
  }
}

void TrafficMeter::charge(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting, uint32_t hash) {
  InterfaceTraffic& traffic = interfaces_[interface];
  const Way way = way_of(packet);
  if (!sighting.has_flow) {
    traffic.counters.add(sighting.sent, way);
    ledger_.at(ledger_.reason_account(sighting.reason, interface)).counters.add(sighting.sent, way);
    return;
  }
  if (packet.fragment == FragmentKind::kLater) {
    charge_later_fragment(interface, packet, sighting, way);
    return;
  }
  Flow* flow = table_.find(hash, sighting.tuple, interface, sighting.oriented);
  if (flow == nullptr && !sighting.oriented && !foreign_.empty()) [[unlikely]] {
    if (const auto seen = sighting_of_socket(sighting)) {
      return charge(interface, packet, *seen, table_.hash(seen->tuple, interface, true));
    }
  }
  const bool opens = opens_connection(packet);
  if (flow != nullptr && opens && (flow->ended || !flow->syn_seen || flow->tcp_sequence != packet.tcp_sequence)) {
    doubt_owner(*flow, packet.timestamp_ns);
    table_.remove(*flow);  // the same ports again: another connection, perhaps of another process
    flow = nullptr;
  }
  if (!early_.empty() && flow != nullptr && !opens && is_superseded(*flow, packet.timestamp_ns)) [[unlikely]] {
    table_.remove(*flow);
    flow = nullptr;
  }
  if (flow == nullptr) flow = &open_flow(interface, packet, sighting, hash);
  if (opens) {
    flow->syn_seen = true;
    flow->tcp_sequence = packet.tcp_sequence;
  }
  if (flow->of_listener) [[unlikely]]
    leave_listener(*flow, packet);
  const bool sent =
      sighting.oriented || !traffic.vantage.offline ? sighting.sent : sighting.from_local != flow->swapped;
  if (packet.fragment == FragmentKind::kFirst) {
    const InterfaceSlot side = fragment_side(interface, sighting, traffic.vantage.loopback);
    const FragmentCache::Waiting early = fragments_.first(packet, side, table_.id_of(*flow));
    if (early.counters.packets() != 0) {
      ledger_.move(early.account, flow->account, early.counters);
      flow->counters += early.counters;
    }
  }
  traffic.counters.add(sent, way);
  charge_flow(*flow, packet, way, sent);
  if (sighting.from_local && (packet.protocol != IPPROTO_TCP || (packet.tcp_flags & tcp_flag::kRst) == 0)) {
    flow->answered = true;
  }
  if (packet.protocol == IPPROTO_TCP) follow_tcp(*flow, packet, sighting.from_local);
}

void TrafficMeter::charge_later_fragment(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting,
                                         const Way& way) {
  InterfaceTraffic& traffic = interfaces_[interface];
  const InterfaceSlot side = fragment_side(interface, sighting, traffic.vantage.loopback);
  Flow* flow = table_.get(fragments_.later(packet, side));
  const bool sent = flow == nullptr || sighting.oriented || !traffic.vantage.offline
                        ? sighting.sent
                        : sighting.from_local != flow->swapped;
  traffic.counters.add(sent, way);
  if (flow != nullptr) {
    charge_flow(*flow, packet, way, sent);
    return;
  }
  const Reason reason = sighting.oriented ? Reason::kFragment : sighting.reason;
  const AccountSlot account = ledger_.reason_account(reason, interface);
  ledger_.at(account).counters.add(sent, way);
  if (sighting.oriented) fragments_.wait(packet, side, account, sent);
}

Flow& TrafficMeter::open_flow(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting,
                              uint32_t hash) {
  Flow& flow = table_.insert(hash, sighting.tuple, interface, sighting.oriented, packet.timestamp_ns);
  flow.swapped = !sighting.oriented && !sighting.from_local;
  flow.initiator = initiator_of(packet, sighting.from_local);
  flow.icmp_type = packet.icmp_type;
  flow.first_sent = sighting.sent;
  flow.vlan = packet.vlan_id;
  flow.view.repeated = crosses_again(flow, packet);
  flow.account = account_of(flow, sighting.reason);
  ++flow_count(flow);
  flow.final = sighting.reason != Reason::kPending;
  // What passes through may be a container's, which the kernel's counts can tell.
  if (!flow.final || (metered_ && sighting.reason == Reason::kForwardedPacket)) ask(flow);
  if (metered_ && sighting.oriented) join_pool(flow);
  if (!early_.empty() && sighting.oriented && packet.protocol == IPPROTO_TCP)
    adopt_early(flow, opens_connection(packet));
  return flow;
}

void TrafficMeter::charge_flow(Flow& flow, const PacketView& packet, const Way& way, bool sent) {
  const bool ended = packet.timestamp_ns > ledger_.at(flow.account).closed_ns && !flow.orphan;
  if (ended || (flow.gone && packet.timestamp_ns > flow.check_ns)) [[unlikely]]
    owner_ended(flow);
  const Way fresh = flow.ahead || flow.pool != 0 ? take_ahead(flow, way, sent) : way;
  ledger_.at(flow.account).counters.add(sent, fresh);
  flow.counters.add(sent, fresh);
  if (flow.unsettled_ns == 0) flow.unsettled_ns = packet.timestamp_ns;
  table_.touch(flow, packet.timestamp_ns);
  if (flow.flow_class == FlowClass::kProbation && flow.counters.packets() > 1) reclass(flow);
}

void TrafficMeter::follow_tcp(Flow& flow, const PacketView& packet, bool from_local) {
  if ((packet.tcp_flags & tcp_flag::kFin) != 0) (from_local ? flow.fin_sent : flow.fin_received) = true;
  const bool ended = (packet.tcp_flags & tcp_flag::kRst) != 0 || (flow.fin_sent && flow.fin_received);
  if (ended && !flow.ended) end_flow(flow);
}

void TrafficMeter::end_flow(Flow& flow) noexcept {
  --flow_count(flow);
  flow.ended = true;
  ++flow_count(flow);
  reclass(flow);
}

uint32_t& TrafficMeter::flow_count(const Flow& flow) noexcept {
  Owner& owner = ledger_.owner(ledger_.at(flow.account).owner);
  return flow.ended ? owner.ended_flows : owner.flows;
}

void TrafficMeter::ask(Flow& flow) {
  constexpr size_t kLongestQueue = 65'536;
  if (flow.queued || unresolved_.size() >= kLongestQueue) return;
  flow.queued = true;
  unresolved_.push_back(table_.id_of(flow));
}

void TrafficMeter::reclass(Flow& flow) noexcept {
  FlowClass flow_class = FlowClass::kUnowned;
  if (flow.ended) {
    flow_class = FlowClass::kEnded;
  } else if (ledger_.at(flow.account).process) {
    flow_class = flow.tuple.protocol == IPPROTO_TCP ? FlowClass::kOwnedStream : FlowClass::kOwnedDatagram;
  } else if (flow.counters.packets() <= 1) {
    flow_class = FlowClass::kProbation;
  }
  table_.set_class(flow, flow_class);
}

}  // namespace nettrace
