// Owns: the words for who owns bytes: kind, reason, match quality, process identity.
// Knows nothing of: how an owner is found.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace nettrace {

/// Identity of a process: pid and start time. A reused pid is another process.
struct ProcessKey {
  uint32_t pid = 0;
  uint64_t start_time = 0;  ///< clock ticks since boot, field 22 of /proc/PID/stat (proc(5))
  explicit operator bool() const noexcept { return pid != 0; }
  friend auto operator<=>(const ProcessKey&, const ProcessKey&) = default;
};

/// A process has ended.
struct ProcessEnd {
  ProcessKey process;
  int64_t time_ns = 0;  ///< CLOCK_MONOTONIC: by the kernel's word, or when it was noticed
};

/// What is known of a process. Text is as the kernel gives it: not sanitised, not necessarily UTF-8.
struct ProcessInfo {
  ProcessKey key;
  uint32_t parent_pid = 0;
  uint32_t uid = 0;        ///< effective uid
  std::string user;        ///< name of `uid`, empty if it has none
  std::string name;        ///< comm, at most 15 bytes
  std::string executable;  ///< target of /proc/PID/exe, empty where not readable
  std::string
      command_line;  ///< argv joined by NUL as in /proc/PID/cmdline, cut at 4096 bytes; empty for kernel threads
  int64_t start_realtime_ms = 0;  ///< start time since 1970
};

/// What kind of owner a byte has (ARCHITECTURE.md, Words).
enum class OwnerKind : uint8_t { kUnattributed, kProcess, kKernel, kForwarded, kNoSocket };

/// Why bytes have no process. kNone for processes.
enum class Reason : uint8_t {
#define NETTRACE_REASON(name, kind, label, text) name,
#include "native/flow/reason.def"
#undef NETTRACE_REASON
};
#define NETTRACE_REASON(name, kind, label, text) +1
constexpr size_t kReasonCount = 0
#include "native/flow/reason.def"
    ;
#undef NETTRACE_REASON

/// Short stable label, e.g. "closed-port"; used in JSON.
std::string_view reason_label(Reason reason) noexcept;
/// One clause for people, e.g. "no socket listens on that port".
std::string_view reason_text(Reason reason) noexcept;
OwnerKind reason_kind(Reason reason) noexcept;

/// How an owner became known; higher is surer.
enum class MatchQuality : uint8_t {
  kNone = 0,
  kRelaxed = 1,   ///< the only candidate by protocol or local port
  kListener = 2,  ///< owner of the listening socket; the accepted one was never seen
  kWildcard = 3,  ///< unconnected socket bound to the local port
  kExact = 4,     ///< the kernel's own lookup of the full tuple
  kMetered = 5,   ///< the kernel saw the process use this very socket
};

}  // namespace nettrace
