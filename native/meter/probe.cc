#include "native/meter/probe.h"

#include <cerrno>
#include <utility>

#include "native/meter/cgroup_root.h"
#include "native/meter/program_set.h"
#include "native/meter/socket_meter.h"

namespace nettrace {
namespace {

/// What there is to say of a source before it is tried.
struct Source {
  std::string_view label;
  std::string_view text;
  std::string_view unsupported;  ///< advice
};

constexpr Source kCgroupRoot = {
    "cgroup-root", "the root of the cgroup2 hierarchy, where socket programs are attached",
    "Mount it (mount -t cgroup2 none DIRECTORY) or start nettrace in the host's mount namespace; without it no bytes "
    "are counted by socket."};
constexpr Source kReceiveLength = {
    "socket-accounting-length", "bytes by socket; owners by who sends and who receives (sock_recv_length)",
    "It needs Linux 6.3 with type information (CONFIG_DEBUG_INFO_BTF); the next source stands in, and takes looking "
    "(MSG_PEEK) for receiving."};
constexpr Source kReceiveStream = {
    "socket-accounting-stream", "bytes by socket; owners by who sends, and who receives on TCP (tcp_rcv_space_adjust)",
    "It needs Linux 5.15 with type information (CONFIG_DEBUG_INFO_BTF); the next source stands in, and gives accepted "
    "connections to the listener's owner."};
constexpr Source kCgroupOnly = {
    "socket-accounting-cgroup", "bytes by socket; owners by who made the socket, without type information",
    "It needs Linux 5.7 with CONFIG_CGROUP_BPF; without any accounting by socket, processes that live a moment are "
    "not found."};
constexpr Source kProcesses = {
    "process-events", "how processes begin, change their program and end (sched_process_fork, _exec, _exit)",
    "It needs Linux 5.15 with type information (CONFIG_DEBUG_INFO_BTF); without it the command line of a process that "
    "lives a moment is missing."};
constexpr Source kInjection = {
    "packet-injection", "frames sent through packet sockets, past the IP layer (net_dev_queue)",
    "It needs Linux 5.15 with type information (CONFIG_DEBUG_INFO_BTF); without it such frames have no owner."};

constexpr std::string_view kRightsMissing =
    "Start nettrace as root, or with CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN (before Linux 5.8: CAP_SYS_ADMIN), outside "
    "of a user namespace.";
constexpr std::string_view kForbidden =
    "The kernel forbids it to everybody: look at /sys/kernel/security/lockdown and at the security modules in "
    "/sys/kernel/security/lsm.";
constexpr std::string_view kExhausted =
    "The system was out of memory or file descriptors: raise the limit (ulimit -n) and try again.";

ProbeResult working(const Source& source, std::string how = {}) {
  return {source.label, source.text, ProbeOutcome::kWorks, std::move(how), {}, {}};
}

ProbeResult failing(const Source& source, Error error) {
  ProbeResult result{source.label, source.text, ProbeOutcome::kNotSupported, {}, std::move(error), source.unsupported};
  if (result.error.code == ErrorCode::kNotPermitted) {
    result.outcome = ProbeOutcome::kNotPermitted;
    result.advice = kRightsMissing;
  } else if (result.error.code == ErrorCode::kResourceExhausted) {
    result.outcome = ProbeOutcome::kNotKnown;
    result.advice = kExhausted;
  } else if (result.error.number == EPERM) {
    result.advice = kForbidden;
  }
  return result;
}

ProbeResult probe_root() {
  auto root = open_cgroup_root();
  return root ? working(kCgroupRoot, std::move(root.value().how)) : failing(kCgroupRoot, std::move(root.error()));
}

ProbeResult probe_tier(const Source& source, MeterTier tier) {
  auto meter = SocketMeter::open({.injection = false, .tier = tier});
  return meter ? working(source) : failing(source, std::move(meter.error()));
}

ProbeResult probe_set(const Source& source, Result<ProgramSet> set) {
  return set ? working(source) : failing(source, std::move(set.error()));
}

}  // namespace

std::string_view probe_outcome_label(ProbeOutcome outcome) noexcept {
  switch (outcome) {
    case ProbeOutcome::kWorks:
      return "works";
    case ProbeOutcome::kNotSupported:
      return "not-supported";
    case ProbeOutcome::kNotPermitted:
      return "not-permitted";
    case ProbeOutcome::kNotKnown:
      break;
  }
  return "not-known";
}

std::vector<ProbeResult> probe_meter() {
  std::vector<ProbeResult> results;
  results.push_back(probe_root());
  results.push_back(probe_tier(kReceiveLength, MeterTier::kReceiveLength));
  results.push_back(probe_tier(kReceiveStream, MeterTier::kReceiveStream));
  results.push_back(probe_tier(kCgroupOnly, MeterTier::kCgroup));
  results.push_back(probe_set(kProcesses, ProgramSet::open_processes()));
  results.push_back(probe_set(kInjection, ProgramSet::open_injection()));
  return results;
}

}  // namespace nettrace
