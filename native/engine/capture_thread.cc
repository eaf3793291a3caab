#include "native/engine/capture_thread.h"

#include <pthread.h>

#include "native/base/clock.h"

namespace nettrace {

CaptureThread::CaptureThread(SharedState& shared, InterfaceSlot slot, std::unique_ptr<FrameSource> source, bool names,
                             int64_t drain_ns)
    : shared_(shared), slot_(slot), loop_(std::move(source), *this, drain_ns, names) {
  const std::lock_guard lock(shared_.mutex);
  loss_before_ = shared_.view.interfaces[slot].loss;
}

CaptureThread::~CaptureThread() {
  request_stop();
  join();
}

void CaptureThread::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "capture");
    loop_.run(stop_.fd());
    final_cpu_ns_ = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
    finished_.store(true, std::memory_order_release);
    shared_.wake_control();
  });
  pthread_getcpuclockid(thread_.native_handle(), &cpu_clock_);
}

void CaptureThread::join() {
  if (thread_.joinable()) thread_.join();
}

int64_t CaptureThread::cpu_ns() const noexcept {
  if (finished()) return final_cpu_ns_;
  const int64_t now = clock_nanos(cpu_clock_);
  return now != 0 ? now : final_cpu_ns_.load();
}

void CaptureThread::packets(std::span<const PacketView> batch) {
  bool unresolved = false;
  {
    const std::lock_guard lock(shared_.mutex);
    shared_.meter.count(slot_, batch);
    unresolved = shared_.meter.has_unresolved();
  }
  if (unresolved) shared_.wake_control();
}

void CaptureThread::names(std::span<const NamedPacket> clues) {
  const std::lock_guard lock(shared_.mutex);
  const Vantage& vantage = shared_.meter.interfaces()[slot_].vantage;
  for (const NamedPacket& one : clues) {
    shared_.names.learn(one.packet, one.clue, vantage, shared_.meter.local_addresses());
  }
}

void CaptureThread::loss(const CaptureLoss& total) {
  const std::lock_guard lock(shared_.mutex);
  shared_.view.interfaces[slot_].loss = {loss_before_.kernel_drops + total.kernel_drops,
                                         loss_before_.interface_drops + total.interface_drops};
  const CaptureLoss& all = shared_.view.interfaces[slot_].loss;
  shared_.meter.set_lost_frames(slot_, all.kernel_drops + all.interface_drops, realtime_nanos());
}

void CaptureThread::ended(const Result<void>& result) {
  const std::lock_guard lock(shared_.mutex);
  WatchedInterface& interface = shared_.view.interfaces[slot_];
  if (result.ok()) return;
  if (result.error().code == ErrorCode::kDeviceVanished) {
    interface.state = InterfaceState::kGone;
    interface.index = 0;
  } else {
    interface.state = InterfaceState::kFailed;
    interface.fault = result.error();
  }
}

}  // namespace nettrace
