#include "native/engine/control.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {
namespace {

/// How often counters are read: the interfaces' own, and those of all sockets.
constexpr int64_t kMeasureInterval = 200 * kNanosPerMilli;
/// Reading the counters of very many sockets takes at most this part of a core: 1 / 50.
constexpr int64_t kLeastRest = 50;
constexpr int64_t kTidyInterval = 500 * kNanosPerMilli;
/// After the end of capture: how long open questions may still be answered.
constexpr int64_t kFinishTime = 300 * kNanosPerMilli;

}  // namespace

void Control::start() {
  running_ = true;
  tell_mtus();
  attribution_.start_counting();
  if (shared_.view.light) cut_now();  // sockets and interfaces count from the same moment
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "control");
    run();
  });
  pthread_getcpuclockid(thread_.native_handle(), &cpu_clock_);
}

void Control::stop() {
  if (!thread_.joinable()) return;
  shared_.stop_control = true;
  shared_.wake.set();
  thread_.join();
}

int64_t Control::cpu_ns() const noexcept {
  return running_ ? clock_nanos(cpu_clock_) : final_cpu_ns_.load();
}

void Control::run() {
  while (!shared_.stop_control) {
    round();
    wait();
  }
  finish();
  final_cpu_ns_ = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  running_ = false;
}

void Control::round() {
  const int64_t now = monotonic_nanos();
  if (devices_.update(now)) tell_mtus();
  attribution_.round(now);
  cuts_.end(shared_, now - devices_.drain_ns());
  if (now >= next_measure_ns_ && !cuts_.open()) measure(now);
  if (now >= next_tidy_ns_) {
    attribution_.tidy(now);
    next_tidy_ns_ = now + kTidyInterval;
  }
}

void Control::measure(int64_t now_ns) {
  // Of this thread's own time: on a busy machine it would rest the longer, the longer it is kept waiting.
  const int64_t began = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  attribution_.count_sockets(now_ns);
  const int64_t took = clock_nanos(CLOCK_THREAD_CPUTIME_ID) - began;
  if (shared_.view.light) {
    cut_now();  // rates are over the time between cuts: it must be seen with the bytes that it belongs to
  } else {
    read_counters();
  }
  next_measure_ns_ = now_ns + std::max(kMeasureInterval, took * kLeastRest);
}

void Control::read_counters() {
  const int64_t monotonic = monotonic_nanos();
  const int64_t realtime = realtime_nanos();
  devices_.refresh_counters();
  if (!devices_.filtered()) cuts_.begin(shared_, monotonic, realtime);
  const int64_t capture_cpu = devices_.cpu_ns();
  const std::lock_guard lock(shared_.mutex);
  shared_.view.capture_cpu_ns = capture_cpu;
}

/// Where nothing is captured, nothing is on its way either.
void Control::cut_now() {
  read_counters();
  cuts_.end(shared_, std::numeric_limits<int64_t>::max());
}

void Control::tell_mtus() {
  if (Metering* metering = attribution_.metering()) metering->set_mtus(devices_.mtus());
}

int64_t Control::next_deadline() const noexcept {
  return std::min({devices_.next_deadline(), next_measure_ns_, next_tidy_ns_, attribution_.next_deadline()});
}

void Control::wait() {
  if (attribution_.has_more()) return;
  std::array<pollfd, 4> fds{{{shared_.wake.fd(), POLLIN, 0},
                             {devices_.fd(), POLLIN, 0},
                             {attribution_.exit_fd(), POLLIN, 0},
                             {attribution_.meter_fd(), POLLIN, 0}}};
  int64_t wait_ns = std::clamp<int64_t>(next_deadline() - monotonic_nanos(), 0, kNanosPerSecond);
  if (cuts_.open()) wait_ns = std::clamp<int64_t>(wait_ns, kNanosPerMilli, devices_.drain_ns());
  const timespec timeout{wait_ns / kNanosPerSecond, wait_ns % kNanosPerSecond};
  if (ppoll(fds.data(), fds.size(), &timeout, nullptr) > 0 && (fds[0].revents & POLLIN) != 0) {
    shared_.wake.clear();
    shared_.woken = false;
  }
}

void Control::finish() {
  if (shared_.view.light) {
    attribution_.count_sockets(monotonic_nanos());
    cut_now();
  } else {
    read_counters();
  }
  devices_.stop();
  const int64_t end = monotonic_nanos() + kFinishTime;
  attribution_.finish();
  attribution_.round(monotonic_nanos());
  attribution_.count_sockets(monotonic_nanos());
  while (monotonic_nanos() < end) {
    attribution_.round(monotonic_nanos());
    if (attribution_.has_more()) continue;
    const int64_t next = attribution_.next_deadline();
    if (attribution_.open_questions() == 0 || next > end) break;
    const int64_t wait_ns = std::clamp<int64_t>(next - monotonic_nanos(), 0, kFinishTime);
    const timespec pause{0, static_cast<long>(wait_ns)};
    nanosleep(&pause, nullptr);
  }
  cuts_.end(shared_, std::numeric_limits<int64_t>::max());
  const std::lock_guard lock(shared_.mutex);
  shared_.view.capture_cpu_ns = devices_.cpu_ns();
}

}  // namespace nettrace
