// Owns: one thread that captures from one source and counts what it reads.
// Knows nothing of: which sources there are and what happens after the end of one.
#pragma once

#include <time.h>

#include <atomic>
#include <memory>
#include <thread>

#include "native/capture/capture_loop.h"
#include "native/engine/shared_state.h"

namespace nettrace {

class CaptureThread final : private BatchSink {
 public:
  /// `slot` must exist in the meter and in the view; `names` and `drain_ns` as for CaptureLoop. Does not start the
  /// thread.
  CaptureThread(SharedState& shared, InterfaceSlot slot, std::unique_ptr<FrameSource> source, bool names,
                int64_t drain_ns = 0);
  ~CaptureThread() override;
  CaptureThread(const CaptureThread&) = delete;
  CaptureThread& operator=(const CaptureThread&) = delete;

  void start();
  /// Asks the thread to read what its ring still holds and to end.
  void request_stop() noexcept { stop_.set(); }
  /// Waits for the end, which request_stop() or the end of the source brings about.
  void join();
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }
  InterfaceSlot slot() const noexcept { return slot_; }
  /// CPU time of the thread so far.
  int64_t cpu_ns() const noexcept;

 private:
  void packets(std::span<const PacketView> batch) override;
  void names(std::span<const NamedPacket> clues) override;
  void loss(const CaptureLoss& total) override;
  void ended(const Result<void>& result) override;

  SharedState& shared_;
  InterfaceSlot slot_;
  CaptureLoop loop_;
  Signal stop_;
  CaptureLoss loss_before_;  ///< of earlier captures of this interface
  std::atomic<bool> finished_{false};
  std::atomic<int64_t> final_cpu_ns_{0};
  std::thread thread_;
  clockid_t cpu_clock_ = 0;
};

}  // namespace nettrace
