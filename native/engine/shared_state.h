// Owns: everything the threads of an engine share, and the one lock that guards it.
// Knows nothing of: what the threads do. The lock is held for a bounded batch or copy, never across a system call.
#pragma once

#include <sys/eventfd.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "native/base/unique_fd.h"
#include "native/flow/name_table.h"
#include "native/flow/traffic_meter.h"
#include "native/snapshot/engine_view.h"

namespace nettrace {

/// An eventfd that one thread sets and another waits for.
class Signal {
 public:
  Signal() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  int fd() const noexcept { return fd_.get(); }
  void set() noexcept {
    const uint64_t one = 1;
    // The only failure is a counter that is full, and then the signal is set already.
    [[maybe_unused]] const auto written = ::write(fd_.get(), &one, sizeof one);
  }
  void clear() noexcept {
    uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_.get(), &count, sizeof count);
  }

 private:
  UniqueFd fd_;
};

struct SharedState {
  explicit SharedState(const MeterOptions& options) : meter(options), names(options.hash_key) {}

  std::mutex mutex;
  TrafficMeter meter;  ///< guarded by mutex
  NameTable names;     ///< guarded by mutex
  EngineView view;     ///< guarded by mutex

  Signal wake;                     ///< the control thread has something to do
  std::atomic<bool> woken{false};  ///< `wake` is set already: one system call for many batches
  std::atomic<bool> stop_control{false};

  void wake_control() noexcept {
    if (!woken.exchange(true)) wake.set();
  }
};

}  // namespace nettrace
