#include "native/engine/ledger_cuts.h"

#include <algorithm>

namespace nettrace {
namespace {

/// One direction in the units of the interface's own counters.
uint64_t in_units(const Way& way, bool segments, uint64_t omitted) noexcept {
  const uint64_t bytes = segments ? way.bytes : way.frame_bytes;
  return bytes - omitted * (segments ? way.packets : way.frames);
}

/// As in_units(), where counts are sums of sockets that do not tell how super-frames were cut: of all that it can have
/// been, what is nearest to the interface's own counter.
uint64_t nearest_in_units(const Way& way, bool segments, uint64_t omitted, uint64_t own) noexcept {
  const uint64_t most = in_units(way, true, omitted);
  return segments ? most : std::clamp(own, std::min(in_units(way, false, omitted), most), most);
}

}  // namespace

void LedgerCuts::begin(SharedState& shared, int64_t monotonic_ns, int64_t realtime_ns) {
  const std::lock_guard lock(shared.mutex);
  pending_.clear();
  for (size_t i = 0; i < shared.view.interfaces.size(); ++i) {
    const WatchedInterface& watched = shared.view.interfaces[i];
    if (watched.index == 0 || watched.state != InterfaceState::kCapturing) continue;
    const auto slot = static_cast<InterfaceSlot>(i);
    shared.meter.begin_cut(slot, realtime_ns);
    pending_.push_back({slot, watched.index, monotonic_ns, watched.counters});
  }
}

void LedgerCuts::end(SharedState& shared, int64_t drained_ns) {
  if (pending_.empty()) return;
  const std::lock_guard lock(shared.mutex);
  std::erase_if(pending_, [&](const Pending& one) {
    const bool captured = shared.meter.interfaces()[one.slot].vantage.captured;
    const auto counted = shared.meter.end_cut(one.slot, !captured || one.begun_ns < drained_ns);
    if (!counted) return false;
    WatchedInterface& watched = shared.view.interfaces[one.slot];
    if (watched.index != one.index) return true;
    const CounterUnits& units = watched.counter_units;
    LedgerCut cut;
    cut.time_ns = one.begun_ns;
    cut.counted.received = in_units(counted->received, units.segments_received, units.omitted_received);
    cut.counted.sent = in_units(counted->sent, units.segments_sent, units.omitted_sent);
    const BothWays own{one.counters.rx_bytes, one.counters.tx_bytes};
    if (shared.view.ownership == Ownership::kSockDiag) {
      const BothWays moved{one.counters.rx_bytes - watched.baseline.received,
                           one.counters.tx_bytes - watched.baseline.sent};
      const Way& received = counted->received;
      cut.counted.received =
          nearest_in_units(received, units.segments_received, units.omitted_received, moved.received);
      cut.counted.sent = nearest_in_units(counted->sent, units.segments_sent, units.omitted_sent, moved.sent);
    }
    // The first cut after capture began says which counts of the interface are from before it.
    if (!watched.baseline_known) {
      watched.baseline = {own.received - cut.counted.received, own.sent - cut.counted.sent};
      watched.baseline_known = true;
    }
    cut.counter = {own.received - watched.baseline.received, own.sent - watched.baseline.sent};
    watched.cut = cut;
    return true;
  });
}

}  // namespace nettrace
