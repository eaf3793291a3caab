// Owns: the work of the control thread: attribution, device events, interface counters, tidying.
// Knows nothing of: snapshots. All waiting of the engine happens here, outside the lock.
#pragma once

#include <pthread.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "native/engine/device_watch.h"
#include "native/engine/shared_state.h"
#include "native/host/attributor.h"

namespace nettrace {

class Control {
 public:
  Control(SharedState& shared, DeviceWatch& devices, std::unique_ptr<Attributor> attributor)
      : shared_(shared), devices_(devices), attributor_(std::move(attributor)) {}
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
  void attribute(int64_t now_ns);
  void collect(int64_t now_ns);
  AttributionRequest request_for(const Flow& flow, FlowId id) const;
  void publish(int64_t now_ns);
  void wait();
  int64_t next_deadline() const noexcept;
  void finish();

  SharedState& shared_;
  DeviceWatch& devices_;
  std::unique_ptr<Attributor> attributor_;  ///< null where the kernel refuses: flows are kLookupUnavailable
  std::thread thread_;
  clockid_t cpu_clock_ = 0;
  std::atomic<int64_t> final_cpu_ns_{0};
  std::atomic<bool> running_{false};

  // Reused by every round.
  std::vector<FlowId> flows_;
  std::vector<FlowId> forgotten_;
  std::vector<AttributionRequest> requests_;
  std::vector<Verdict> verdicts_;
  std::vector<ProcessInfo> processes_;
  std::vector<ProcessKey> ended_;
  int64_t next_check_ns_ = 0;
  int64_t next_counters_ns_ = 0;
  int64_t next_tidy_ns_ = 0;
  bool more_unresolved_ = false;
};

}  // namespace nettrace
