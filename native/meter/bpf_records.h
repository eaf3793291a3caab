// Owns: turning the records of the BPF programs into values: units, names, address forms.
// Knows nothing of: where the records come from. Pure but for the two clocks that are read once.
#pragma once

#include <cstdint>
#include <span>

#include "native/meter/accounting.h"
#include "native/meter/injection.h"
#include "native/meter/processes.h"
#include "native/meter/records.h"

namespace nettrace {

/// Units that the kernel's records are in, relative to ours.
struct RecordUnits {
  int64_t nanos_per_tick = 10'000'000;  ///< of ProcessKey::start_time
  int64_t boot_realtime_ns = 0;         ///< CLOCK_REALTIME when CLOCK_BOOTTIME was zero

  /// Those of this system.
  static RecordUnits of_system() noexcept;
};

/// Hands each record to the method of the sink that is for it. Records of unknown kind or wrong size are left out.
class RecordReader {
 public:
  explicit RecordReader(const RecordUnits& units) noexcept : units_(units) {}

  /// A record of the sockets' ring, or of the dump's.
  void read_socket_event(std::span<const uint8_t> bytes, MeterSink& sink) const;
  /// A record of the processes' ring.
  void read_process_event(std::span<const uint8_t> bytes, MeterSink& sink) const;
  /// `since`: what has been reported of this sender before.
  InjectionRecord injection(const meter_injector_key& key, const meter_injector& now,
                            const meter_injector& since) const noexcept;

 private:
  MeteredProcess process(const meter_owner& owner) const noexcept;
  MeteredProcess owner(const meter_identity& id) const noexcept;
  TrafficRecord traffic(const meter_event& event) const noexcept;
  void read_exec(std::span<const uint8_t> bytes, MeterSink& sink) const;

  RecordUnits units_;
};

}  // namespace nettrace
