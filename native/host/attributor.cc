#include "native/host/attributor.h"

#include <sys/random.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/host/fd_scan.h"
#include "native/host/kernel_sockets.h"
#include "native/host/owner_search.h"
#include "native/host/process_info.h"
#include "native/host/process_watch.h"
#include "native/host/visibility.h"

namespace nettrace {
namespace {

/// pidfds at the same time; processes beyond that are polled.
constexpr size_t kPidfdLimit = 512;

uint64_t random_seed() noexcept {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed) seed = static_cast<uint64_t>(realtime_nanos());
  return seed;
}

/// The attributor of a live machine: wires the kernel's sources to the search.
class KernelAttributor final : public Attributor {
 public:
  KernelAttributor(ProcRoot proc, const AttributorOptions& options)
      : proc_(std::move(proc)),
        sockets_(proc_, monotonic_nanos),
        holders_(proc_, monotonic_nanos, scan_options(proc_)),
        processes_(proc_),
        watch_(processes_, kPidfdLimit),
        search_(sockets_, holders_, processes_, monotonic_nanos, search_options(options)) {}

  void submit(std::span<const AttributionRequest> requests) override { search_.submit(requests); }
  void forget(FlowId flow) override { search_.forget(flow); }
  void work(int64_t now_ns, std::vector<Verdict>& verdicts, std::vector<ProcessInfo>& processes) override {
    search_.work(now_ns, verdicts, processes);
  }
  void watch(const ProcessKey& process) override { watch_.add(process); }
  void exits(std::vector<ProcessKey>& ended) override {
    const size_t before = ended.size();
    watch_.ended(monotonic_nanos(), ended);
    for (size_t i = before; i < ended.size(); ++i) search_.process_ended(ended[i]);
  }
  int64_t next_deadline() const noexcept override { return std::min(search_.next_deadline(), watch_.next_deadline()); }
  int exit_fd() const noexcept override { return watch_.fd(); }

  AttributionStats stats() const noexcept override {
    AttributionStats stats;
    search_.count(stats);
    stats.descriptors_read = holders_.links_read();
    stats.processes_known = holders_.processes_known();
    return stats;
  }

 private:
  static FdScanOptions scan_options(const ProcRoot& proc) {
    FdScanOptions options;
    options.sees_all = sees_all_processes(proc);
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
  ProcessInfoReader processes_;
  ProcessWatch watch_;
  OwnerSearch search_;
};

}  // namespace

Result<std::unique_ptr<Attributor>> Attributor::open(const AttributorOptions& options) {
  auto proc = ProcRoot::open(options.proc_root);
  if (!proc) return proc.error();
  return std::unique_ptr<Attributor>(std::make_unique<KernelAttributor>(std::move(proc).value(), options));
}

}  // namespace nettrace
