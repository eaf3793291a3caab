// Owns: finding the frames that a process sent past all sockets (packet(7)) among what has been charged to others.
// Knows nothing of: how they are counted. The count tells how many they were, not where they went.
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "native/base/clock.h"
#include "native/flow/traffic_meter.h"

namespace nettrace {
namespace {

/// The count of what was sent comes within a refresh: it was sent not longer ago than this.
constexpr int64_t kLately = 15 * kNanosPerSecond;
constexpr size_t kMostDisowned = 4096;

/// What of `have` may be what is `left`.
Way part_of(const Way& have, const Way& left) noexcept {
  Way part = have;
  if (have.frames <= left.frames && have.bytes <= left.bytes) return part;
  // Only a part of it: how much of its packets is payload is not known.
  part.bytes = std::min(have.bytes, left.bytes);
  part.packets = std::min(have.packets, left.packets);
  part.frame_bytes = std::min(have.frame_bytes, left.frame_bytes);
  part.frames = std::min(have.frames, left.frames);
  part.ip_bytes = have.ip_bytes * part.frames / have.frames;
  part.payload_bytes = have.payload_bytes * part.frames / have.frames;
  return part;
}

}  // namespace

/// Gives what was taken.
Way TrafficMeter::take_injected(AccountSlot from, AccountSlot to, const Way& have, Way& left) {
  if (left.frames == 0 || have.frames == 0) return {};
  Counters moved;
  moved.sent = part_of(have, left);
  ledger_.move(from, to, moved);
  left.bytes -= std::min(left.bytes, moved.sent.bytes);
  left.packets -= std::min(left.packets, moved.sent.packets);
  left.frame_bytes -= std::min(left.frame_bytes, moved.sent.frame_bytes);
  left.frames -= std::min(left.frames, moved.sent.frames);
  return moved.sent;
}

/// What is settled is on the account of a socket's owner already, but for what nobody was found for.
void TrafficMeter::take_injected(Flow& flow, AccountSlot to, Way& left) {
  flow.counters.sent -= take_injected(flow.account, to, flow.counters.sent - flow.settled.sent, left);
  if (flow.settled == flow.counters) flow.unsettled_ns = 0;
  const auto disowned = disowned_.find(flow.slot);
  if (disowned == disowned_.end() || disowned->second.generation != flow.generation ||
      disowned->second.account != flow.account)
    return;
  const Way taken = take_injected(flow.account, to, disowned->second.sent, left);
  flow.counters.sent -= taken;
  flow.settled.sent -= taken;
  disowned->second.sent -= taken;
}

/// Such frames look like flows without a socket, like packets of a socket with the same ports that it has not sent, or
/// like ARP and the like. `counted_ns`: what sockets sent until then has been charged (CLOCK_REALTIME).
Way TrafficMeter::charge_injection(InterfaceSlot interface, OwnerSlot owner, Way left, int64_t counted_ns) {
  const AccountSlot to = ledger_.account(owner, interface);
  for (const FlowClass flow_class : {FlowClass::kProbation, FlowClass::kUnowned}) {
    table_.for_each_recent(flow_class, [&](Flow& flow) {
      // What an owner is still looked for may be a socket's, whose count is to come.
      const bool open = is_pending(flow) && flow.unsettled_ns + kClocksApart >= counted_ns;
      if (flow.interface == interface && !open && !ledger_.at(flow.account).process &&
          flow.quality != MatchQuality::kMetered)
        take_injected(flow, to, left);
      return left.frames != 0;
    });
  }
  table_.for_each_recent(FlowClass::kOwnedDatagram, [&](Flow& flow) {
    // The kernel's counts settle what was a socket's; of a raw one there are none, and nothing is ever settled.
    const bool counted = flow.settled.sent.frames != 0;
    const bool surplus = counted && flow.unsettled_ns != 0 && flow.unsettled_ns + kClocksApart < counted_ns;
    if (surplus && flow.interface == interface && flow.account != to && flow.quality == MatchQuality::kMetered)
      take_injected(flow, to, left);
    return left.frames != 0 && flow.last_ns + kLately > counted_ns;
  });
  for (const Reason reason : {Reason::kArp, Reason::kNotIp, Reason::kUndecoded, Reason::kTableFull}) {
    const AccountSlot from = ledger_.reason_account(reason, interface);
    take_injected(from, to, Way(ledger_.at(from).counters.sent), left);
  }
  return left.frames == 0 ? Way() : left;
}

/// Nobody was found for the flow, and what it has is settled: unless it turns out to be injected.
void TrafficMeter::disown(const Flow& flow) {
  const Way sent = flow.counters.sent - flow.settled.sent;
  if (sent.frames == 0 || disowned_.size() >= kMostDisowned) return;
  Disowned& one = disowned_[flow.slot];
  if (one.generation != flow.generation || one.account != flow.account) one = {flow.generation, flow.account, {}, 0};
  one.sent += sent;
  one.time_ns = flow.last_ns;
}

void TrafficMeter::tidy_disowned(int64_t realtime_ns) {
  std::erase_if(disowned_, [&](const auto& entry) { return entry.second.time_ns + kLately < realtime_ns; });
}

}  // namespace nettrace
