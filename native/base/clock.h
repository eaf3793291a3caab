// Owns: the clocks. Durations come from the monotonic one; the real-time one is for display and packet time stamps.
// Knows nothing of: time zones.
#pragma once

#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace nettrace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

inline int64_t clock_nanos(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
}
/// The unit of process start times: proc_pid_stat(5), starttime.
inline int64_t clock_ticks_per_second() noexcept {
  static const long ticks = ::sysconf(_SC_CLK_TCK);
  return ticks > 0 ? ticks : 100;
}
/// CLOCK_MONOTONIC in nanoseconds.
inline int64_t monotonic_nanos() noexcept {
  return clock_nanos(CLOCK_MONOTONIC);
}
/// What the calling thread has used of a CPU, in nanoseconds: it stands still while others run.
inline int64_t thread_cpu_nanos() noexcept {
  return clock_nanos(CLOCK_THREAD_CPUTIME_ID);
}
/// CLOCK_REALTIME in nanoseconds since 1970: the clock of packet time stamps.
inline int64_t realtime_nanos() noexcept {
  return clock_nanos(CLOCK_REALTIME);
}
/// By how much CLOCK_REALTIME is ahead of another clock, to within some microseconds: also where the thread loses its
/// CPU between the two readings.
inline int64_t realtime_ahead_of(clockid_t clock) noexcept {
  constexpr int64_t kNoPause = 20'000;
  int64_t ahead = 0;
  int64_t shortest = INT64_MAX;
  for (int attempt = 0; attempt < 4 && shortest > kNoPause; ++attempt) {
    const int64_t before = clock_nanos(clock);
    const int64_t real = realtime_nanos();
    const int64_t span = clock_nanos(clock) - before;
    if (span >= shortest) continue;
    shortest = span;
    ahead = real - before - span / 2;
  }
  return ahead;
}
/// The same moment on the other clock.
inline int64_t to_realtime(int64_t monotonic_ns) noexcept {
  return monotonic_ns + realtime_ahead_of(CLOCK_MONOTONIC);
}
inline int64_t to_monotonic(int64_t realtime_ns) noexcept {
  return realtime_ns - realtime_ahead_of(CLOCK_MONOTONIC);
}

}  // namespace nettrace
