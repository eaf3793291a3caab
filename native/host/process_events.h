// Owns: the kernel's news of processes: fork, exec, exit (proc connector, drivers/connector/cn_proc.c).
// Knows nothing of: /proc, and what is done about the news.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "native/base/bytes.h"
#include "native/base/netlink.h"
#include "native/base/result.h"
#include "native/host/proc_root.h"

namespace nettrace {

/// News of a process as a whole; threads that come and go are left out.
struct ProcessEvent {
  enum class Kind : uint8_t { kFork, kExec, kExit };
  Kind kind = Kind::kFork;
  uint32_t pid = 0;     ///< the child after a fork
  uint32_t parent = 0;  ///< where kFork
  int64_t time_ns = 0;  ///< CLOCK_MONOTONIC, taken by the kernel
};

/// The event in a datagram of the connector; nothing for threads, other events and anything else. Any bytes are safe.
/// A main thread that ends before its other threads is told as kExit too: whoever needs to know looks at the process.
std::optional<ProcessEvent> parse_process_event(Bytes datagram) noexcept;

/// One socket, used by one thread. A few microseconds for each event that is read.
class ProcessEvents {
 public:
  /// The kernel tells only the first network namespace (cn_init): from another one, that of process 1 and those of our
  /// own ancestors are tried; the calling thread goes there and comes back. Asks the kernel for forks, execs and exits
  /// (for these alone since Linux 6.6), with a buffer of 4 MiB, and waits for its word, at most 50 ms. Errors:
  /// kNetlinkFailed with EOPNOTSUPP: not supported here, which is so also in a pid or user namespace, whose pids are
  /// not the kernel's; kNotPermitted: needs CAP_NET_ADMIN; kResourceExhausted.
  static Result<ProcessEvents> open(const ProcRoot& proc);
  ProcessEvents(ProcessEvents&&) noexcept;
  ProcessEvents& operator=(ProcessEvents&&) noexcept;
  /// Tells the kernel to stop.
  ~ProcessEvents();

  /// Appends what has come, without waiting; at most some thousand events, the rest stays readable.
  void read(std::vector<ProcessEvent>& events);
  /// Readable when there is something to read.
  int fd() const noexcept { return socket_.fd(); }
  /// How often the kernel had to drop events (ENOBUFS): what is known of processes has gaps.
  uint64_t overruns() const noexcept { return overruns_; }

 private:
  struct Buffers;
  explicit ProcessEvents(NetlinkSocket socket);
  static Result<ProcessEvents> open_here();
  Result<void> await_answer(uint32_t number);

  NetlinkSocket socket_;
  std::unique_ptr<Buffers> buffers_;
  uint64_t overruns_ = 0;
};

}  // namespace nettrace
