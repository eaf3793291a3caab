// Owns: the work of the control thread: attribution, device events, interface counters, tidying.
// Knows nothing of: snapshots. All waiting of the engine happens here, outside the lock.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>
#include <thread>

#include "native/engine/attribution.h"
#include "native/engine/device_watch.h"
#include "native/engine/ledger_cuts.h"
#include "native/engine/shared_state.h"

namespace nettrace {

class Control {
 public:
  Control(SharedState& shared, DeviceWatch& devices, std::unique_ptr<Metering> metering,
          std::unique_ptr<Attributor> attributor, std::optional<Conntrack> conntrack)
      : shared_(shared),
        devices_(devices),
        attribution_(shared, std::move(metering), std::move(attributor), std::move(conntrack)) {}
  ~Control() { stop(); }
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void start();
  /// Lets capture end, answers what can be answered at once, ends the thread. Idempotent.
  void stop();
  int64_t cpu_ns() const noexcept;

 private:
  void run();
  void round();
  void measure(int64_t now_ns);
  void read_counters();
  void cut_now();
  void tell_mtus();
  void wait();
  int64_t next_deadline() const noexcept;
  void finish();

  SharedState& shared_;
  DeviceWatch& devices_;
  Attribution attribution_;
  LedgerCuts cuts_;
  std::thread thread_;
  clockid_t cpu_clock_ = 0;
  std::atomic<int64_t> final_cpu_ns_{0};
  std::atomic<bool> running_{false};
  int64_t next_measure_ns_ = 0;
  int64_t next_tidy_ns_ = 0;
};

}  // namespace nettrace
