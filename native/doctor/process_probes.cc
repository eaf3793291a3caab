// Owns: whether processes can be seen: descriptors of others, their ends, and the kernel's news of them.
// Knows nothing of: sockets.
#include <fcntl.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "native/base/unique_fd.h"
#include "native/doctor/source_probe.h"
#include "native/host/proc_root.h"
#include "native/host/visibility.h"

namespace nettrace {
namespace {

#ifndef SYS_pidfd_open
constexpr long SYS_pidfd_open = 434;  // the same on every architecture
#endif

constexpr int kPatienceMs = 100;

/// Process 1 is another user's for everybody but root, and no relative of ours for root.
SourceProbe probe_descriptors() {
  constexpr const char* kName = "proc-fd";
  const auto proc = ProcRoot::open("/proc");
  if (!proc) return source_failed(kName, proc.error(), "mount /proc; without it no process can be named");
  const UniqueFd descriptors(::open("/proc/1/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const Error refused = Error::from_errno(ErrorCode::kProcUnreadable, "open", "/proc/1/fd");
  if (descriptors && sees_all_processes(proc.value())) return source_works(kName, "every process can be seen");
  // The list of descriptors opens with the file's own rights, what is in it asks for more.
  if (descriptors && in_initial_user_namespace(proc.value()) && in_initial_pid_namespace(proc.value())) {
    return {kName, SourceState::kNotPermitted, "only your own processes can be named: rights are missing",
            "give it CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"};
  }
  if (descriptors) {
    return {kName, SourceState::kNotPermitted, "only the processes of this container can be seen",
            "run it on the host, or with the host's processes (--pid=host)"};
  }
  return source_failed(kName, refused,
                       "only your own processes can be named; run it with sudo, or give it CAP_SYS_PTRACE and "
                       "CAP_DAC_READ_SEARCH");
}

SourceProbe probe_pidfd() {
  const UniqueFd self(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (self) return source_works("pidfd", "ends of processes are heard of at once");
  return source_failed("pidfd", Error::from_errno(ErrorCode::kProcUnreadable, "pidfd_open"),
                       "ends of processes are seen within a second; needs Linux 5.3");
}

/// Subscribes and waits for the kernel's acknowledgement, drivers/connector/cn_proc.c: a right that is missing is told
/// there and not by bind(2) or send(2).
SourceProbe probe_connector() {
  constexpr const char* kName = "proc-connector";
  constexpr const char* kAdvice = "short processes may end unseen where the socket meter does not work either";
  const UniqueFd fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_CONNECTOR));
  if (!fd) return source_failed(kName, Error::from_errno(ErrorCode::kNetlinkFailed, "socket"), kAdvice);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = CN_IDX_PROC;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return source_failed(kName, Error::from_errno(ErrorCode::kNetlinkFailed, "bind"), kAdvice);
  }
  struct Request {
    nlmsghdr header;
    cn_msg message;
  } request{};
  const uint32_t listen = PROC_CN_MCAST_LISTEN;
  std::array<uint8_t, sizeof(Request) + sizeof listen> bytes{};
  request.header.nlmsg_len = bytes.size();
  request.header.nlmsg_type = NLMSG_DONE;
  request.message.id = {CN_IDX_PROC, CN_VAL_PROC};
  request.message.len = sizeof listen;
  std::memcpy(bytes.data(), &request, sizeof request);
  std::memcpy(bytes.data() + sizeof request, &listen, sizeof listen);
  if (::send(fd.get(), bytes.data(), bytes.size(), 0) < 0) {
    return source_failed(kName, Error::from_errno(ErrorCode::kNetlinkFailed, "send"), kAdvice);
  }
  pollfd waiting{fd.get(), POLLIN, 0};
  std::array<uint8_t, 256> answer{};
  if (::poll(&waiting, 1, kPatienceMs) <= 0 || ::recv(fd.get(), answer.data(), answer.size(), 0) < 0) {
    return {kName, SourceState::kNotSupported, "the kernel does not answer: it tells the initial namespaces only",
            kAdvice};
  }
  // struct proc_event: what (0: the acknowledgement), cpu, time stamp, then the errno of the acknowledgement.
  uint32_t what = 0;
  uint32_t error = 0;
  std::memcpy(&what, answer.data() + sizeof(Request), sizeof what);
  std::memcpy(&error, answer.data() + sizeof(Request) + 16, sizeof error);
  if (what == 0 && error != 0) {
    return source_failed(kName, Error{ErrorCode::kNetlinkFailed, "listen", static_cast<int>(error), {}, {}}, kAdvice);
  }
  return source_works(kName, "forks, execs and exits are heard of");
}

}  // namespace

void probe_processes(std::vector<SourceProbe>& probes) {
  probes.push_back(probe_descriptors());
  probes.push_back(probe_pidfd());
  probes.push_back(probe_connector());
}

}  // namespace nettrace
