// Owns: the part of the meter that sees the same packets on several interfaces: they are charged to their owner once.
// Knows nothing of: who owns them. Every interface's own books count each of its crossings.
#include <algorithm>
#include <utility>

#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

/// A macvlan device takes what is for its MAC from the device below, after that one's taps have seen it, and sends
/// through it (drivers/net/macvlan.c). A multicast is delivered to both, so it stays with each.
bool is_of_child(const PacketView& packet, bool sent, const Vantage& vantage) {
  const uint64_t mac = sent ? packet.source_mac : packet.destination_mac;
  return mac != 0 && std::ranges::find(vantage.captured_children, mac) != vantage.captured_children.end();
}

}  // namespace

/// A packet for this host that crosses a port crosses the bridge above it too, and is charged there. What passes
/// through is charged where it was seen first, but rather on a port than on the bridge above it.
bool TrafficMeter::crosses_again(const Flow& flow, const PacketView& packet) {
  const Vantage& vantage = interfaces_[flow.interface].vantage;
  if (vantage.offline || vantage.loopback || present_.size() < 2) return false;
  if (flow.oriented) {
    return vantage.under_captured || (flow.vlan != 0 && vantage.vlans_captured) ||
           is_of_child(packet, flow.first_sent, vantage);
  }
  for (const InterfaceSlot other : present_) {
    if (other == flow.interface) continue;
    Flow* same = table_.find(table_.hash(flow.tuple, other, false), flow.tuple, other, false);
    if (same == nullptr || same->view.repeated) continue;
    const bool above = interfaces_[other].vantage.interface_index == vantage.stack_index;
    if (!above) return true;
    set_view(*same, {same->view.mirrored, true});
    return false;
  }
  return false;
}

bool TrafficMeter::is_charged_elsewhere(const FiveTuple& inside, InterfaceSlot but) {
  FiveTuple ordered = inside;
  if (ordered.remote < ordered.local) std::swap(ordered.local, ordered.remote);
  for (const InterfaceSlot other : present_) {
    if (other != but && table_.find(table_.hash(ordered, other, false), ordered, other, false) != nullptr) return true;
  }
  return false;
}

bool TrafficMeter::is_charged_elsewhere(const Flow& flow, OwnerSlot owner) {
  for (const InterfaceSlot other : present_) {
    if (other == flow.interface) continue;
    const Flow* same = table_.find(table_.hash(flow.tuple, other, false), flow.tuple, other, false);
    if (same != nullptr && !same->view.repeated && ledger_.at(same->account).owner == owner) return true;
  }
  return false;
}

void TrafficMeter::leave_open(FlowId id, int64_t check_ns) {
  Flow* flow = table_.get(id);
  if (flow == nullptr) return;
  flow->asked = false;
  flow->check_ns = check_ns;
}

void TrafficMeter::view_flow(FlowId id, AccountView view) {
  if (Flow* flow = table_.get(id)) set_view(*flow, view);
}

void TrafficMeter::set_view(Flow& flow, AccountView view) {
  if (view == flow.view) return;
  flow.view = view;
  const AccountSlot to = account_of(flow, ledger_.at(flow.account).owner);
  // Other sockets at its port may have been charged for a part of it.
  ledger_.move(flow.account, to, smaller(flow.counters, ledger_.at(flow.account).counters));
  set_account(flow, to);
}

}  // namespace nettrace
