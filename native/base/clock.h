// Owns: the clocks. Durations come from the monotonic one; the real-time one is for display and packet time stamps.
// Knows nothing of: time zones.
#pragma once

#include <time.h>

#include <cstdint>

namespace nettrace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kNanosPerMilli = 1'000'000;

inline int64_t clock_nanos(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * kNanosPerSecond + now.tv_nsec;
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

}  // namespace nettrace
