// Owns: looking at processes while they are young: their name, and the sockets that they make, before they are gone.
// Knows nothing of: flows. Told by the proc connector; bounded by a share of one CPU.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "native/host/inet_diag.h"
#include "native/host/process_events.h"
#include "native/host/process_info.h"
#include "native/host/process_visit.h"
#include "native/host/recent_owners.h"
#include "native/host/work_budget.h"

namespace nettrace {

/// The kernel's word that a main thread has ended, and when (CLOCK_MONOTONIC).
struct PidEnd {
  uint32_t pid = 0;
  int64_t time_ns = 0;
};

struct YoungProcessesOptions {
  int cpu_percent = 5;             ///< share of one CPU in the long run
  int64_t burst_ns = 250'000'000;  ///< what it may take at once after a rest
};

/// A process that lives some milliseconds is gone when its first packet has come out of a ring. So each new one is
/// looked at a few times in its first milliseconds; a socket that it has made is looked up in the kernel's list at
/// once, by its inode, and remembered by its addresses (RecentOwners).
class YoungProcesses {
 public:
  /// `proc` and `reader` outlive this object.
  YoungProcesses(const ProcRoot& proc, ProcessSource& reader, ProcessEvents events, std::optional<DiagDump> sockets,
                 int64_t (*clock)() noexcept, const YoungProcessesOptions& options = {});

  /// Reads the news.
  void hear(int64_t now_ns);
  /// Reads the news and looks at whom it is time to look at.
  void work(int64_t now_ns);
  /// Appends the ends that the kernel has told of and that hear() or work() has read.
  void ended(std::vector<PidEnd>& ends);
  const RecentOwners& owners() const noexcept { return owners_; }
  /// What was learnt of a process that may have gone; nothing where it was never seen.
  const ProcessInfo* known(const ProcessKey& process) const;

  /// Readable when there are news.
  int fd() const noexcept { return events_.fd(); }
  /// When work() has something to do although there are no news; INT64_MAX if never.
  int64_t next_deadline() const noexcept;
  uint64_t looks() const noexcept { return looks_; }
  uint64_t listings() const noexcept { return listings_; }

 private:
  struct Young {
    uint32_t parent = 0;
    uint32_t serial = 0;  ///< timers of an earlier process with this pid do not count
    bool has_socket = false;
    uint8_t look = 0;            ///< the next of the planned looks
    ProcessKey key;              ///< once it was seen
    std::vector<uint32_t> done;  ///< sockets that are remembered, inherited or not ours to list
  };
  struct Timer {
    int64_t due_ns = 0;
    uint32_t pid = 0;
    uint32_t serial = 0;
    bool operator>(const Timer& other) const noexcept { return due_ns > other.due_ns; }
  };
  struct Wanted {
    uint32_t inode = 0;
    uint32_t pid = 0;
    uint8_t list = 0;  ///< index of the kernel's list that has it
  };

  void take(const ProcessEvent& event, int64_t now_ns);
  void plan(uint32_t pid, Young& young, int64_t from_ns);
  bool look_at(uint32_t pid, Young& young, int64_t now_ns);
  void learn(Young& young, const ProcessKey& key, int64_t now_ns);
  bool parent_holds(const Young& young, uint32_t inode);
  std::optional<uint8_t> list_of(uint32_t pid, uint32_t fd) const;
  void list_wanted(int64_t now_ns);
  void list(size_t which, int64_t deadline_ns, int64_t now_ns);

  const ProcRoot& proc_;
  ProcessSource& reader_;
  ProcessEvents events_;
  std::optional<DiagDump> sockets_;
  int64_t (*clock_)() noexcept;
  CpuShare share_;
  RecentOwners owners_;
  ProcessVisit visit_;
  std::unordered_map<uint32_t, Young> young_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  struct Remembered {
    ProcessInfo info;
    int64_t seen_ns = 0;
  };
  std::unordered_map<uint32_t, Remembered> infos_;  ///< by pid
  std::vector<Wanted> wanted_;
  std::vector<ProcessEvent> news_;
  std::vector<PidEnd> ended_;
  uint32_t serial_ = 0;
  int64_t last_work_ns_ = 0;
  uint64_t looks_ = 0;
  uint64_t listings_ = 0;
  uint64_t links_ = 0;
};

}  // namespace nettrace
