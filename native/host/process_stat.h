// Owns: the fields of /proc/PID/stat and /proc/PID/schedstat that attribution needs, and the "socket:[N]" link text.
// Pure. Knows nothing of: files. Any text is safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nettrace {

/// Fields of /proc/PID/stat, proc(5). `name` points into the parsed text.
struct ProcessStat {
  uint32_t pid = 0;
  std::string_view name;  ///< comm; may hold blanks, parentheses and newlines
  char state = '?';
  uint32_t parent_pid = 0;
  uint32_t flags = 0;  ///< PF_ bits, include/linux/sched.h
  uint32_t threads = 0;
  uint64_t start_time = 0;  ///< clock ticks since boot

  bool kernel_thread() const noexcept { return (flags & 0x00200000) != 0; }  // PF_KTHREAD
  /// A main thread that has ended stays a zombie while other threads of the process run.
  bool ended() const noexcept { return threads <= 1 && (state == 'Z' || state == 'X'); }
};
/// Nothing where the text is cut off before the start time.
std::optional<ProcessStat> parse_process_stat(std::string_view text) noexcept;

/// Fields of /proc/PID/schedstat (Documentation/scheduler/sched-stats.rst): of the main thread alone.
struct RunWitness {
  uint64_t run_ns = 0;
  uint64_t slices = 0;  ///< how often it was put on a CPU
  friend bool operator==(const RunWitness&, const RunWitness&) = default;
};
/// Nothing where the kernel does not count (all zero).
std::optional<RunWitness> parse_schedstat(std::string_view text) noexcept;

/// The inode in a link text "socket:[4711]"; nothing for other descriptors.
std::optional<uint32_t> parse_socket_link(std::string_view text) noexcept;

}  // namespace nettrace
