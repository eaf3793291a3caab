#include "native/host/attributor.h"

#include <sys/epoll.h>
#include <sys/random.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/host/fd_scan.h"
#include "native/host/kernel_sockets.h"
#include "native/host/owner_search.h"
#include "native/host/process_info.h"
#include "native/host/process_watch.h"
#include "native/host/visibility.h"
#include "native/host/young_processes.h"

namespace nettrace {
namespace {

/// pidfds at the same time; processes beyond that are polled.
constexpr size_t kPidfdLimit = 512;

uint64_t random_seed() noexcept {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) seed = static_cast<uint64_t>(realtime_nanos());
  return seed;
}

/// Nothing where the kernel does not tell of processes, or not us.
std::unique_ptr<YoungProcesses> watch_births(const ProcRoot& proc, ProcessSource& reader,
                                             const AttributorOptions& options) {
  if (!options.watch_births) return nullptr;
  auto events = ProcessEvents::open(proc);
  if (!events) return nullptr;
  auto sockets = DiagDump::open();
  return std::make_unique<YoungProcesses>(proc, reader, std::move(events).value(),
                                          sockets ? std::optional(std::move(sockets).value()) : std::nullopt,
                                          monotonic_nanos);
}

/// /proc, and what was read of processes that are no longer there.
class RememberedProcesses final : public ProcessSource {
 public:
  RememberedProcesses(ProcessSource& reader, const YoungProcesses* young) noexcept : reader_(reader), young_(young) {}

  std::optional<ProcessInfo> read(const ProcessKey& key) override {
    auto info = reader_.read(key);
    if (info || young_ == nullptr) return info;
    const ProcessInfo* known = young_->known(key);
    return known != nullptr ? std::optional(*known) : std::nullopt;
  }
  ProcessChange refresh(ProcessInfo& info) override { return reader_.refresh(info); }
  bool alive(const ProcessKey& key) override { return reader_.alive(key); }

 private:
  ProcessSource& reader_;
  const YoungProcesses* young_;
};

/// One descriptor that is readable when one of several is; those that are -1 are left out.
UniqueFd any_of(std::initializer_list<int> fds) {
  UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  bool any = false;
  for (const int fd : fds) {
    epoll_event event{};
    event.events = EPOLLIN;
    any |= fd >= 0 && ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }
  return any ? std::move(epoll) : UniqueFd();
}

/// The attributor of a live machine: wires the kernel's sources to the search.
class KernelAttributor final : public Attributor {
 public:
  KernelAttributor(ProcRoot proc, const AttributorOptions& options)
      : proc_(std::move(proc)),
        sockets_(proc_, monotonic_nanos),
        holders_(proc_, monotonic_nanos, scan_options(proc_)),
        reader_(proc_),
        young_(watch_births(proc_, reader_, options)),
        processes_(reader_, young_.get()),
        watch_(processes_, kPidfdLimit),
        search_(sockets_, holders_, processes_, monotonic_nanos, search_options(options),
                young_ ? &young_->owners() : nullptr),
        news_(any_of({watch_.fd(), young_ ? young_->fd() : -1})) {}

  void submit(std::span<const AttributionRequest> requests) override { search_.submit(requests); }
  void forget(FlowId flow) override { search_.forget(flow); }
  void work(int64_t now_ns, std::vector<Verdict>& verdicts, std::vector<ProcessInfo>& processes) override {
    if (young_) young_->work(now_ns);
    search_.work(now_ns, verdicts, processes);
  }
  void watch(const ProcessKey& process) override { watch_.add(process); }
  void exits(std::vector<ProcessEnd>& ended) override {
    const size_t before = ended.size();
    heard_.clear();
    if (young_) {
      young_->hear(monotonic_nanos());
      young_->ended(heard_);
    }
    for (const auto& [pid, time_ns] : heard_) watch_.heard_of_end(pid, time_ns);
    watch_.ended(monotonic_nanos(), ended);
    for (size_t i = before; i < ended.size(); ++i) search_.process_ended(ended[i].process);
  }
  int64_t next_deadline() const noexcept override {
    const int64_t next = std::min(search_.next_deadline(), watch_.next_deadline());
    return young_ ? std::min(next, young_->next_deadline()) : next;
  }
  int exit_fd() const noexcept override { return news_.get(); }

  AttributionStats stats() const noexcept override {
    AttributionStats stats;
    search_.count(stats);
    stats.descriptors_read = holders_.links_read();
    stats.processes_known = holders_.processes_known();
    if (young_) stats.births_watched = young_->looks();
    return stats;
  }

 private:
  static FdScanOptions scan_options(const ProcRoot& proc) {
    FdScanOptions options;
    options.sees_all = sees_all_processes(proc);
    options.cpu_clock = thread_cpu_nanos;
    return options;
  }
  static OwnerSearchOptions search_options(const AttributorOptions& options) {
    OwnerSearchOptions search;
    search.lookups_per_second = options.lookups_per_second;
    search.slice_ns = options.slice_ns;
    search.seed = random_seed();
    return search;
  }

  ProcRoot proc_;
  KernelSockets sockets_;
  FdScan holders_;
  ProcessInfoReader reader_;
  std::unique_ptr<YoungProcesses> young_;
  RememberedProcesses processes_;
  ProcessWatch watch_;
  OwnerSearch search_;
  UniqueFd news_;
  std::vector<PidEnd> heard_;
};

}  // namespace

Result<std::unique_ptr<Attributor>> Attributor::open(const AttributorOptions& options) {
  auto proc = ProcRoot::open(options.proc_root);
  if (!proc) return proc.error();
  return std::unique_ptr<Attributor>(std::make_unique<KernelAttributor>(std::move(proc).value(), options));
}

}  // namespace nettrace
