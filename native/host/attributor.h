// Owns: the policy that finds the owner of a flow without BPF: exact socket lookup, socket dumps, /proc/PID/fd.
// Knows nothing of: packets, counters and threads. One thread (attribution) uses it; no call waits longer than its
// budget.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/flow/five_tuple.h"
#include "native/flow/owner.h"
#include "native/flow/verdict.h"

namespace nettrace {

/// A question: who owns this flow?
struct AttributionRequest {
  FlowId flow;
  FiveTuple tuple;
  Initiator initiator = Initiator::kUnknown;
  uint8_t icmp_type = 0;  ///< of the first packet, where the protocol is ICMP or ICMPv6
  bool to_group = false;  ///< the local address is a broadcast address (multicast is told by the address)
  /// ifindex on which the IP layer has the packets, for multicast and for sockets bound to a device or to fe80::/10:
  /// of the bridge or bond where the flow is seen on a port of it. 0 if unknown: then bound sockets are not found.
  uint32_t interface_index = 0;
  int64_t begin_ns = 0;                                ///< of the flow's first packet, CLOCK_MONOTONIC
  bool revalidate = false;                             ///< the flow has an owner; ask whether it still holds the socket
  ProcessKey current_owner;                            ///< where revalidate
  MatchQuality current_quality = MatchQuality::kNone;  ///< where revalidate: given back where nothing has changed
};

/// Cumulative counts of the attributor's own work, for `doctor` and the screen.
struct AttributionStats {
  uint64_t requests = 0;
  uint64_t exact_lookups = 0;     ///< single netlink lookups made
  uint64_t lookups_deferred = 0;  ///< postponed by the rate limit
  uint64_t negative_hits = 0;     ///< answered from the negative cache
  uint64_t dumps = 0;             ///< whole socket table dumps
  uint64_t descriptors_read = 0;  ///< readlink calls under /proc/PID/fd
  uint64_t sockets_known = 0;     ///< gauge: sockets in the table
  uint64_t processes_known = 0;   ///< gauge
  uint64_t queue_length = 0;      ///< gauge: questions not yet answered for good
  uint64_t births_watched = 0;    ///< looks at young processes
};

struct AttributorOptions {
  std::string proc_root = "/proc";
  uint32_t lookups_per_second = 10'000;  ///< exact lookups; about 8 us each
  int64_t slice_ns = 20'000'000;         ///< longest uninterrupted work of one work() call
  bool watch_births = true;              ///< look at new processes while they live (proc connector), where permitted
};

/// Finds owners. Without the right to read other processes' descriptors it still names the caller's own.
class Attributor {
 public:
  /// Opens netlink and /proc; without netlink the tables below /proc/net serve. Errors: kProcUnreadable.
  static Result<std::unique_ptr<Attributor>> open(const AttributorOptions& options);
  virtual ~Attributor() = default;

  /// Queues questions; cheap, no system call.
  virtual void submit(std::span<const AttributionRequest> requests) = 0;
  /// The flow has left the table: forget its open question.
  virtual void forget(FlowId flow) = 0;
  /// Works on the queue for at most about `slice_ns`; appends answers to `verdicts` and processes that were seen for
  /// the first time, or whose name changed (exec), to `processes`.
  virtual void work(int64_t now_ns, std::vector<Verdict>& verdicts, std::vector<ProcessInfo>& processes) = 0;
  /// Watches a process that owns flows; its end is reported by exits().
  virtual void watch(const ProcessKey& process) = 0;
  /// Appends watched processes that have ended, and when. No wait.
  virtual void exits(std::vector<ProcessEnd>& ended) = 0;
  /// Monotonic time at which work() or exits() has something to do again; INT64_MAX if only a submit() can make work.
  virtual int64_t next_deadline() const noexcept = 0;
  /// Readable when work() or exits() has something to do: a watched process has ended (epoll over pidfds), one was born
  /// (proc connector). -1 where the kernel tells neither.
  virtual int exit_fd() const noexcept = 0;
  virtual AttributionStats stats() const noexcept = 0;
};

}  // namespace nettrace
