// Owns: whether the socket meter and what it stands on work: the one place that asks native/meter.
// Knows nothing of: what the meter counts.
#include <fcntl.h>

#include "native/base/unique_fd.h"
#include "native/doctor/source_probe.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/egress_tap.h"
#include "native/meter/socket_meter.h"

namespace nettrace {
namespace {

constexpr const char* kRight = "run it with sudo, or give it CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN";

SourceProbe failed(const char* name, const Error& error, const char* otherwise) {
  SourceProbe probe = source_failed(name, error, otherwise);
  if (probe.state == SourceState::kNotPermitted) probe.advice = kRight;
  return probe;
}

SourceProbe probe_type_information() {
  constexpr const char* kName = "btf";
  const UniqueFd file(::open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC));
  if (file) return source_works(kName, "the kernel describes its types");
  Error error = Error::from_errno(ErrorCode::kMeterUnsupported, "open", "/sys/kernel/btf/vmlinux");
  const bool missing = error.number == ENOENT;
  return failed(
      kName, error,
      missing ? "needs a kernel with CONFIG_DEBUG_INFO_BTF, and /sys mounted" : "see whether /sys is mounted");
}

SourceProbe probe_cgroup_root() {
  const auto root = open_cgroup_root();
  if (root) return source_works("cgroup2-root", "found as " + root.value().how);
  return failed("cgroup2-root", root.error(), "needs a kernel with cgroup2 (Linux 4.5)");
}

const char* text_of(const MeterStatus& status) noexcept {
  switch (status.tier) {
    case MeterTier::kReceiveLength:
      return "every socket is counted in the kernel";
    case MeterTier::kReceiveStream:
      return "every socket is counted in the kernel; a look at data (MSG_PEEK) counts as receiving it";
    case MeterTier::kCgroup:
      return status.sees_users
                 ? "every socket is counted in the kernel, for the one process that uses it; of several, for none"
                 : "every socket is counted in the kernel, for the process that made it; accepted ones are looked up";
    case MeterTier::kSockDiag:
      return "TCP connections are counted by their own statistics";
  }
  return "";
}

SourceProbe part(const char* name, const MeterPart& part, const char* how, const char* otherwise) {
  return part.works ? source_works(name, how) : failed(name, part.error, otherwise);
}

SourceProbe probe_egress_tap() {
  constexpr const char* kName = "egress-tap";
  const auto tap = EgressTap::open();
  if (tap)
    return source_works(kName, "frames that leave cost their sender less than half of what a packet socket costs");
  return failed(kName, tap.error(),
                "the packet ring shows what leaves too, and costs senders more; needs a newer kernel");
}

}  // namespace

void probe_socket_meter(std::vector<SourceProbe>& probes) {
  constexpr const char* kProcesses = "process-events";
  constexpr const char* kInjection = "packet-injection";
  constexpr const char* kNoEvents = "processes that live a few milliseconds may lack their command line";
  constexpr const char* kNoInjection = "frames sent through packet sockets have no owner";
  probes.push_back(probe_type_information());
  probes.push_back(probe_cgroup_root());
  const auto meter = SocketMeter::open({});
  if (!meter) {
    const Error& error = meter.error();
    probes.push_back(failed("socket-meter", error,
                            "owners are looked up in socket tables and /proc instead: processes of a few "
                            "milliseconds can be missed; needs Linux 5.8 or newer with BPF"));
    const SourceState state = probes.back().state;
    probes.push_back({kProcesses, state, "goes with the socket meter", kNoEvents});
    probes.push_back({kInjection, state, "goes with the socket meter", kNoInjection});
    probes.push_back(probe_egress_tap());
    return;
  }
  const MeterStatus& status = meter.value()->status();
  probes.push_back(source_works("socket-meter", text_of(status)));
  if (status.better) probes.back().advice = "the better programs do not load: " + failed("", *status.better, "").reason;
  probes.push_back(part(kProcesses, status.processes, "forks, execs and exits are seen in the kernel", kNoEvents));
  probes.push_back(part(kInjection, status.injection, "senders on packet sockets are known", kNoInjection));
  probes.push_back(probe_egress_tap());
}

}  // namespace nettrace
