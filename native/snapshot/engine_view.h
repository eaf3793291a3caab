// Owns: what an engine shows besides flows and books: interfaces under watch, its own state and cost, faults.
// Knows nothing of: threads and locks; the caller holds the engine's lock while this is read.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/capture/frame_source.h"
#include "native/capture/interface.h"
#include "native/flow/name_table.h"
#include "native/flow/traffic_meter.h"
#include "native/host/attributor.h"
#include "native/snapshot/snapshot_writer.h"

namespace nettrace {

/// Values of `interfaces.state`; INTERFACE_STATES in src/native/schema.ts.
enum class InterfaceState : uint8_t { kWaiting, kCapturing, kDown, kGone, kFailed };

/// Values of `meta.state`; ENGINE_STATES in src/native/schema.ts.
enum class EngineState : uint8_t { kIdle, kRunning, kEnded, kStopped };

/// Values of `interfaces.capture`; CAPTURE_KINDS in src/native/schema.ts.
enum class CaptureKind : uint8_t { kNone, kFile, kPcap, kRing };

/// Values of `meta.ownership`; OWNERSHIPS in src/native/schema.ts.
enum class Ownership : uint8_t { kNone, kClassic, kCgroup, kStream, kBpf, kSockDiag };

/// Bytes each way.
struct BothWays {
  uint64_t received = 0;
  uint64_t sent = 0;
};

/// One moment of an interface: its own counters since capture began, and what was counted of the packets up to then, in
/// the units of those counters.
struct LedgerCut {
  int64_t time_ns = 0;  ///< CLOCK_MONOTONIC; 0: none yet
  BothWays counter;
  BothWays counted;
};

/// An interface that is or was watched; its place in the list is its InterfaceSlot.
struct WatchedInterface {
  std::string name;
  uint32_t index = 0;  ///< ifindex, 0 while there is none
  InterfaceState state = InterfaceState::kWaiting;
  Error fault;         ///< where state is kFailed
  int link_type = -1;  ///< LINKTYPE_ value, -1 while unknown
  std::string link_type_name;
  CaptureKind capture = CaptureKind::kNone;  ///< where its frames come from
  bool decoded = true;
  bool loopback = false;
  bool elsewhere = false;  ///< of another network namespace: nothing of it is known but its name
  CaptureLoss loss;        ///< over all captures of this interface
  InterfaceCounters counters;
  InterfaceCounters first_counters;  ///< when the interface `counted_index` was first looked at
  uint32_t counted_index = 0;        ///< ifindex, 0: never
  CounterUnits counter_units;
  uint64_t link_speed = 0;  ///< bits per second; 0: not known
  LedgerCut cut;
  BothWays baseline;            ///< what its own counters said when capture began, modulo 2^64
  bool baseline_known = false;  ///< of the present capture
  std::vector<AssignedAddress> addresses;
};

struct EngineView {
  EngineState state = EngineState::kIdle;
  int64_t started_realtime_ns = 0;
  int64_t capture_cpu_ns = 0;
  int64_t attribution_cpu_ns = 0;
  AttributionStats attribution;
  Ownership ownership = Ownership::kNone;
  bool light = false;            ///< nothing is captured
  uint64_t metered_sockets = 0;  ///< that the socket meter knows
  uint64_t lost_records = 0;     ///< of the socket meter, for want of room
  uint64_t lost_bytes = 0;
  std::vector<WatchedInterface> interfaces;
  std::vector<Error> faults;
};

/// One consistent snapshot; with `flows`, which name their remote ends, the live flows too. Size 0 if memory ran out.
SnapshotBuffer write_snapshot(const EngineView& view, const TrafficMeter& meter, NameTable* flows, int64_t monotonic_ns,
                              int64_t realtime_ns);

}  // namespace nettrace
