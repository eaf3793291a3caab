// Owns: the processes that were credited with bytes: described once, and again when they have changed.
// Knows nothing of: flows.
#pragma once

#include <cstdint>
#include <queue>
#include <unordered_map>
#include <vector>

#include "native/host/holder_source.h"
#include "native/host/process_info.h"

namespace nettrace {

class CreditedProcesses {
 public:
  /// `source` outlives this object.
  explicit CreditedProcesses(ProcessSource& source) : source_(source) {}

  /// Appends the description of a process that is credited for the first time. One that has ended meanwhile is
  /// described by what the search saw of it.
  void credit(const Holder& holder, int64_t now_ns, std::vector<ProcessInfo>& processes);
  /// Looks again, from now on, at a process that is described already.
  void watch(const ProcessInfo& info, int64_t now_ns);
  /// Looks again at those whose time has come, a few at a time; appends the ones that have changed.
  void refresh(int64_t now_ns, std::vector<ProcessInfo>& processes);
  void forget(const ProcessKey& process);
  int64_t next_deadline() const noexcept;
  size_t size() const noexcept { return known_.size(); }

 private:
  struct Known {
    ProcessInfo info;
    uint8_t looks = 0;
  };
  struct Look {
    int64_t due_ns = 0;
    ProcessKey process;
    bool operator>(const Look& other) const noexcept { return due_ns > other.due_ns; }
  };
  void keep(ProcessInfo info, int64_t now_ns);
  void plan_look(const ProcessKey& process, uint8_t looks, int64_t now_ns);

  ProcessSource& source_;
  std::unordered_map<uint32_t, Known> known_;
  std::priority_queue<Look, std::vector<Look>, std::greater<>> looks_;
};

}  // namespace nettrace
