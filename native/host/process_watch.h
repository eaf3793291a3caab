// Owns: noticing that processes have ended: pidfd_open(2) and epoll(7), and a slow poll for those beyond the limit.
// Knows nothing of: what the processes own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "native/base/unique_fd.h"
#include "native/flow/owner.h"
#include "native/host/process_info.h"

namespace nettrace {

class ProcessWatch {
 public:
  /// At most `descriptors` pidfds, but no more than a quarter of RLIMIT_NOFILE; 0: poll only. `reader` outlives this.
  ProcessWatch(ProcessSource& reader, size_t descriptors);

  /// Watches the process until its end is reported. Watching twice is watching once.
  void add(const ProcessKey& process);
  /// Appends those that have ended: when they were heard to, else now. Polls those without a pidfd when a second has
  /// passed. No wait.
  void ended(int64_t now_ns, std::vector<ProcessEnd>& ends);

  /// The kernel has told that the main thread of this pid ended then: it is looked at. While other threads live, so
  /// does the process.
  void heard_of_end(uint32_t pid, int64_t time_ns);

  /// Readable when a process with a pidfd has ended; -1 where the kernel has no pidfd_open(2) (before Linux 5.3).
  int fd() const noexcept { return pidfds_work_ ? epoll_.get() : -1; }
  /// When ended() has to be called although fd() is quiet; INT64_MAX if never.
  int64_t next_deadline() const noexcept;
  size_t size() const noexcept { return watched_.size(); }

 private:
  struct Watched {
    uint64_t start_time = 0;
    UniqueFd pidfd;        ///< empty: polled
    int64_t heard_ns = 0;  ///< when its main thread ended
  };

  bool open_pidfd(const ProcessKey& process, Watched& watched);
  void report(uint32_t pid, int64_t now_ns, std::vector<ProcessEnd>& ends);
  void poll(int64_t now_ns, std::vector<ProcessEnd>& ends);
  void drain(int64_t now_ns, std::vector<ProcessEnd>& ends);

  ProcessSource& reader_;
  size_t limit_;
  size_t open_ = 0;
  bool pidfds_work_ = false;
  UniqueFd epoll_;
  std::unordered_map<uint32_t, Watched> watched_;
  std::deque<ProcessKey> polled_;  ///< those without a pidfd, the one polled longest ago first
  std::vector<ProcessEnd> already_ended_;
  int64_t next_poll_ns_ = 0;
};

}  // namespace nettrace
