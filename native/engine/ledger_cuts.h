// Owns: comparing what was counted on an interface with the interface's own counters, at one moment of both.
// Knows nothing of: how either is counted.
#pragma once

#include <cstdint>
#include <vector>

#include "native/engine/shared_state.h"

namespace nettrace {

/// A capture hands its packets over some milliseconds after the device counted them. So the counters are read first,
/// and what was counted is taken down when the first packet from after that reading comes, or when none can come any
/// more.
class LedgerCuts {
 public:
  /// The counters in the view were read at this moment of both clocks: a cut of every interface begins.
  void begin(SharedState& shared, int64_t monotonic_ns, int64_t realtime_ns);
  /// Takes down the cuts that are complete. `drained_ns`: packets from before this monotonic time have been counted.
  void end(SharedState& shared, int64_t drained_ns);
  /// A cut is under way: what the kernel counted for sockets since would be more than what was captured.
  bool open() const noexcept { return !pending_.empty(); }

 private:
  struct Pending {
    InterfaceSlot slot = 0;
    uint32_t index = 0;  ///< ifindex: the interface may be another one by now
    int64_t begun_ns = 0;
    InterfaceCounters counters;
  };
  std::vector<Pending> pending_;
};

}  // namespace nettrace
