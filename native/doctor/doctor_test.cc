// Owns: the truth of the self-test, against the counters of the device that it is sent through; and what sources
// answer. Knows nothing of: the engine.
#include <linux/capability.h>
#include <sys/syscall.h>

#include <algorithm>
#include <numeric>

#include "native/dev/test_network.h"
#include "native/doctor/self_test_stage.h"
#include "native/doctor/source_probe.h"
#include "native/host/visibility.h"

namespace nettrace {
namespace {

using test::in_own_network;

/// Sum of what the processes sent and received.
uint64_t bytes_of_all(const std::vector<KnownProcess>& processes) {
  return std::accumulate(processes.begin(), processes.end(), uint64_t{0}, [](uint64_t sum, const KnownProcess& one) {
    return sum + one.sent_bytes + one.received_bytes;
  });
}

TEST("a burst of the self-test is what its device counted, but for address resolution") {
  const bool ran = in_own_network([] {
    const auto stage = SelfTest::open();
    CHECK(stage.ok());
    if (!(stage.ok())) return;
    // As always before it: while nobody knows the far end's address, the kernel keeps only some of what is sent there.
    CHECK(stage.value()->run(TrafficPhase::kShortLives).ok());
    const auto before = stage.value()->counters();
    const auto processes = stage.value()->run(TrafficPhase::kBurst);
    const auto after = stage.value()->counters();
    CHECK(processes.ok() && before.ok() && after.ok());
    if (!(processes.ok() && before.ok() && after.ok())) return;
    CHECK_EQ(processes.value().size(), 1U);
    CHECK(processes.value().front().done);
    const uint64_t truth = bytes_of_all(processes.value());
    // The kernel's queue for the other end holds so many: a device that finds it full counts a drop and no byte.
    const uint64_t frame = truth / processes.value().front().packets;
    const uint64_t dropped = after.value().tx_dropped - before.value().tx_dropped;
    const uint64_t counted = after.value().tx_bytes - before.value().tx_bytes + dropped * frame;
    CHECK(truth >= 64 * frame && counted >= truth && counted < truth + 1000);
  });
  if (!ran) test::skip_reason() = "needs the right to make a network namespace";
}

TEST("every short process of the self-test does what it should, with pids of their own") {
  const bool ran = in_own_network([] {
    const auto stage = SelfTest::open();
    CHECK(stage.ok());
    if (!(stage.ok())) return;
    for (int time = 0; time < 2; ++time) {
      const auto processes = stage.value()->run(TrafficPhase::kShortLives);
      CHECK(processes.ok());
      if (!(processes.ok())) return;
      std::vector<uint32_t> pids;
      for (const KnownProcess& one : processes.value()) {
        CHECK(one.done && one.sent_bytes > 0);
        CHECK_EQ(one.received_bytes > 0, one.kind != KnownKind::kOneShot);
        pids.push_back(one.pid);
      }
      std::sort(pids.begin(), pids.end());
      CHECK_EQ(pids.size(), 200U);
      CHECK(std::unique(pids.begin(), pids.end()) == pids.end());
    }
  });
  if (!ran) test::skip_reason() = "needs the right to make a network namespace";
}

TEST("every source has an answer with a reason, and advice unless it works") {
  const auto probes = probe_sources();
  CHECK_EQ(probes.size(), 17U);
  for (const SourceProbe& probe : probes) {
    CHECK(!probe.reason.empty());
    CHECK_EQ(probe.advice.empty(), probe.state == SourceState::kWorks);
  }
}

TEST("a process without the right to trace is told to take rights, not to leave a container that it is not in") {
  const auto proc = ProcRoot::open("/proc");
  CHECK(proc.ok());
  if (!proc || !in_initial_user_namespace(proc.value()) || !in_initial_pid_namespace(proc.value())) {
    SKIP("runs in a container");
  }
  const bool ran = in_own_network([] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2]{};
    CHECK_EQ(::syscall(SYS_capget, &header, sets), 0);
    sets[0].effective &= ~(1U << CAP_SYS_PTRACE);
    sets[0].permitted &= ~(1U << CAP_SYS_PTRACE);
    CHECK_EQ(::syscall(SYS_capset, &header, sets), 0);
    const auto probes = probe_sources();
    const auto found = std::ranges::find(probes, std::string("proc-fd"), &SourceProbe::name);
    CHECK(found != probes.end());
    if (found == probes.end()) return;
    CHECK(found->state == SourceState::kNotPermitted);
    CHECK(found->advice.find("CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH") != std::string::npos);
    CHECK(found->reason.find("container") == std::string::npos);
  });
  if (!ran) test::skip_reason() = "needs the right to make a network namespace";
}

TEST("an error for want of a right is told from one for want of support") {
  CHECK(source_failed("a", Error{ErrorCode::kNetlinkFailed, "bind", EPERM, {}, {}}, "x").state ==
        SourceState::kNotPermitted);
  const auto missing = source_failed("a", Error{ErrorCode::kNetlinkFailed, "bind", ENOENT, {}, "no module"}, "x");
  CHECK(missing.state == SourceState::kNotSupported);
  CHECK_EQ(missing.reason, std::string("bind: No such file or directory (no module)"));
}

}  // namespace
}  // namespace nettrace
