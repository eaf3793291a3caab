#include "native/host/process_watch.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {
namespace {

#ifndef SYS_pidfd_open
constexpr long SYS_pidfd_open = 434;  // the same on every architecture
#endif
constexpr int64_t kPollInterval = kNanosPerSecond;
/// Reading a stat file takes some 7 us: a poll stays below 10 ms, and goes round in several of them if it has to.
constexpr size_t kPollLimit = 1024;
/// So long after its main thread a process may be noticed to have ended, and have ended with it.
constexpr int64_t kLatestWord = kNanosPerSecond / 2;
/// More processes than this are not watched; revalidation finds out about them.
constexpr size_t kWatchLimit = 65'536;

size_t quarter_of_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 64;
  return static_cast<size_t>(limit.rlim_cur / 4);
}

}  // namespace

ProcessWatch::ProcessWatch(ProcessSource& reader, size_t descriptors)
    : reader_(reader), limit_(std::min(descriptors, quarter_of_descriptors())) {
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  epoll_ = UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  pidfds_work_ = self && epoll_ && limit_ > 0;
}

bool ProcessWatch::open_pidfd(const ProcessKey& process, Watched& watched) {
  if (!pidfds_work_ || open_ >= limit_) return false;
  watched.pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0)));
  if (!watched.pidfd) return false;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = process.pid;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watched.pidfd.get(), &event) != 0) {
    watched.pidfd.reset();
    return false;
  }
  ++open_;
  return true;
}

void ProcessWatch::add(const ProcessKey& process) {
  const auto known = watched_.find(process.pid);
  if (known != watched_.end()) {
    if (known->second.start_time == process.start_time) return;
    report(process.pid, monotonic_nanos(), already_ended_);  // the pid is another process by now
  }
  if (watched_.size() >= kWatchLimit) return;
  Watched watched;
  watched.start_time = process.start_time;
  const bool has_pidfd = open_pidfd(process, watched);
  watched_.emplace(process.pid, std::move(watched));
  // Checked after the pidfd was opened: it may have ended before, and its pid be another process.
  if (!reader_.alive(process)) return report(process.pid, monotonic_nanos(), already_ended_);
  if (!has_pidfd) polled_.push_back(process);
}

void ProcessWatch::report(uint32_t pid, int64_t now_ns, std::vector<ProcessEnd>& ends) {
  const auto known = watched_.find(pid);
  if (known == watched_.end()) return;
  // A main thread that ended long before was not the last one: the end of the others is not told of.
  const int64_t heard_ns = known->second.heard_ns;
  const int64_t time_ns = heard_ns != 0 && now_ns - heard_ns < kLatestWord ? heard_ns : now_ns;
  ends.push_back({{pid, known->second.start_time}, time_ns});
  if (known->second.pidfd) --open_;  // closing it takes it out of the epoll set
  watched_.erase(known);
}

void ProcessWatch::drain(int64_t now_ns, std::vector<ProcessEnd>& ends) {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      report(static_cast<uint32_t>(events[static_cast<size_t>(i)].data.u64), now_ns, ends);
    }
    if (count < static_cast<int>(events.size())) return;
  }
}

void ProcessWatch::poll(int64_t now_ns, std::vector<ProcessEnd>& ends) {
  if (polled_.empty() || now_ns < next_poll_ns_) return;
  next_poll_ns_ = now_ns + kPollInterval;
  for (size_t left = std::min(polled_.size(), kPollLimit); left > 0; --left) {
    const ProcessKey process = polled_.front();
    polled_.pop_front();
    const auto known = watched_.find(process.pid);
    if (known == watched_.end() || known->second.start_time != process.start_time) continue;
    if (!reader_.alive(process)) {
      report(process.pid, now_ns, ends);
    } else if (!open_pidfd(process, known->second)) {  // one may have become free
      polled_.push_back(process);
    }
  }
}

void ProcessWatch::ended(int64_t now_ns, std::vector<ProcessEnd>& ends) {
  ends.insert(ends.end(), already_ended_.begin(), already_ended_.end());
  already_ended_.clear();
  if (pidfds_work_ && open_ > 0) drain(now_ns, ends);
  poll(now_ns, ends);
}

void ProcessWatch::heard_of_end(uint32_t pid, int64_t time_ns) {
  const auto known = watched_.find(pid);
  if (known == watched_.end()) return;
  known->second.heard_ns = time_ns;
  if (known->second.pidfd) return;  // it says so itself
  if (!reader_.alive({pid, known->second.start_time})) report(pid, time_ns, already_ended_);
}

int64_t ProcessWatch::next_deadline() const noexcept {
  if (!already_ended_.empty()) return 0;
  return polled_.empty() ? std::numeric_limits<int64_t>::max() : next_poll_ns_;
}

}  // namespace nettrace
