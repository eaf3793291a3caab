#include "native/host/credited_processes.h"

#include <algorithm>
#include <array>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {
namespace {

/// exec(2) mostly follows soon after fork(2): look soon at first, then seldom.
constexpr std::array<int64_t, 4> kLookDelays{kNanosPerSecond, 5 * kNanosPerSecond, 20 * kNanosPerSecond,
                                             60 * kNanosPerSecond};
constexpr int kLooksPerCall = 32;
constexpr size_t kLimit = 16'384;

}  // namespace

void CreditedProcesses::credit(const Holder& holder, int64_t now_ns, std::vector<ProcessInfo>& processes) {
  const auto entry = known_.find(holder.process.pid);
  if (entry != known_.end() && entry->second.info.key == holder.process) return;
  auto info = source_.read(holder.process);
  if (!info) {
    info.emplace();
    info->key = holder.process;
    info->name = holder.name;
    processes.push_back(std::move(*info));
    return;
  }
  processes.push_back(*info);
  keep(std::move(*info), now_ns);
}

void CreditedProcesses::watch(const ProcessInfo& info, int64_t now_ns) {
  const auto entry = known_.find(info.key.pid);
  if (entry == known_.end() || entry->second.info.key != info.key) keep(info, now_ns);
}

void CreditedProcesses::keep(ProcessInfo info, int64_t now_ns) {
  if (known_.size() >= kLimit) {
    known_.clear();
    looks_ = {};
  }
  plan_look(info.key, 0, now_ns);
  const auto pid = info.key.pid;
  known_[pid] = {std::move(info), 0};
}

void CreditedProcesses::plan_look(const ProcessKey& process, uint8_t looks, int64_t now_ns) {
  looks_.push({now_ns + kLookDelays[std::min<size_t>(looks, kLookDelays.size() - 1)], process});
}

void CreditedProcesses::refresh(int64_t now_ns, std::vector<ProcessInfo>& processes) {
  for (int count = 0; count < kLooksPerCall && !looks_.empty() && looks_.top().due_ns <= now_ns; ++count) {
    const ProcessKey process = looks_.top().process;
    looks_.pop();
    const auto entry = known_.find(process.pid);
    if (entry == known_.end() || entry->second.info.key != process) continue;
    const ProcessChange change = source_.refresh(entry->second.info);
    if (change == ProcessChange::kGone) {
      known_.erase(entry);
      continue;
    }
    if (change == ProcessChange::kChanged) processes.push_back(entry->second.info);
    if (entry->second.looks < kLookDelays.size()) ++entry->second.looks;
    plan_look(process, entry->second.looks, now_ns);
  }
}

void CreditedProcesses::forget(const ProcessKey& process) {
  const auto entry = known_.find(process.pid);
  if (entry != known_.end() && entry->second.info.key == process) known_.erase(entry);
}

int64_t CreditedProcesses::next_deadline() const noexcept {
  return looks_.empty() ? std::numeric_limits<int64_t>::max() : looks_.top().due_ns;
}

}  // namespace nettrace
