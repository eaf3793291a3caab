// Owns: whether the kernel tells of its sockets, by sock_diag and by conntrack.
// Knows nothing of: processes.
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "native/base/unique_fd.h"
#include "native/doctor/source_probe.h"
#include "native/host/destroy_events.h"
#include "native/host/inet_diag.h"
#include "native/host/stream_list.h"

namespace nettrace {
namespace {

struct Dumped {
  size_t sockets = 0;
  int error = 0;  ///< errno, 0 where the dump came to its end
};

Dumped dump(int family, uint8_t protocol, uint32_t states) {
  auto opened = DiagDump::open();
  if (!opened) return {0, opened.error().number};
  DiagDump diag = std::move(opened).value();
  if (const auto begun = diag.begin(static_cast<uint8_t>(family), protocol, states); !begun) {
    return {0, begun.error().number};
  }
  Dumped dumped;
  for (;;) {
    const DiagDump::Step step = diag.step([&](const SocketRecord&) { ++dumped.sockets; });
    if (step == DiagDump::Step::kDone) return dumped;
    if (step == DiagDump::Step::kFailed) return {0, diag.error()};
  }
}

/// A dump, and not a question for one socket: a missing module answers that as if there were no such socket.
SourceProbe probe_diag(const char* name, uint8_t protocol) {
  const Dumped dumped = dump(AF_INET, protocol, state_bit(SocketState::kListen));
  if (dumped.error == 0) return source_works(name, "the kernel's socket tables answer");
  return source_failed(name, Error{ErrorCode::kNetlinkFailed, "sock_diag", dumped.error, {}, {}},
                       "/proc/net is read instead, which is slower; load the modules inet_diag, tcp_diag and udp_diag");
}

/// Nothing needs them where packets are captured.
SourceProbe probe_tcp_counts() {
  constexpr const char* kName = "tcp-counts";
  constexpr const char* kAdvice = "without rights nothing can be counted; needs Linux 4.19 with inet_diag and tcp_diag";
  auto list = StreamList::open();
  if (!list) return source_failed(kName, list.error(), kAdvice);
  std::vector<StreamReading> streams;
  if (const auto read = list.value().read(streams); !read) return source_failed(kName, read.error(), kAdvice);
  const auto ends = DestroyEvents::open();
  if (!ends) return source_failed(kName, ends.error(), kAdvice);
  return source_works(kName, "TCP tells what its connections move, and their last counts when they end");
}

/// Without CONFIG_INET_RAW_DIAG the dump is empty and no error, so that a raw socket of our own must be found by it.
SourceProbe probe_raw_diag() {
  constexpr const char* kName = "sock-diag-raw";
  constexpr const char* kAdvice = "nothing is lost: /proc/net/raw is read";
  const UniqueFd raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
  if (!raw) return source_failed(kName, Error::from_errno(ErrorCode::kNetlinkFailed, "socket"), kAdvice);
  const Dumped dumped = dump(AF_INET, IPPROTO_RAW, ~0U);
  if (dumped.error != 0) {
    return source_failed(kName, Error{ErrorCode::kNetlinkFailed, "sock_diag", dumped.error, {}, {}}, kAdvice);
  }
  if (dumped.sockets > 0) return source_works(kName, "a raw socket of our own is found; /proc/net/raw is read");
  return {kName, SourceState::kNotSupported, "the dump is empty although there is a raw socket", kAdvice};
}

/// Asks for the statistics of connection tracking, where the kernel has it already: asking would load the module, and
/// looking must change nothing.
SourceProbe probe_conntrack() {
  constexpr const char* kName = "conntrack";
  constexpr const char* kAdvice = "translated connections of containers cannot be joined to their process";
  if (::access("/proc/sys/net/netfilter/nf_conntrack_max", F_OK) != 0) {
    return {kName, SourceState::kNotSupported, "connection tracking is not loaded",
            "needed only where addresses are translated (NAT); whatever sets that up loads it"};
  }
  auto socket = NetlinkSocket::open({.protocol = NETLINK_NETFILTER});
  if (!socket) return source_failed(kName, socket.error(), kAdvice);
  NetlinkRequest request(static_cast<uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET_STATS), NLM_F_ACK,
                         nfgenmsg{AF_UNSPEC, NFNETLINK_V0, 0});
  const auto reply = socket.value().exchange(request, [](const NetlinkMessage&) {});
  if (!reply) return source_failed(kName, reply.error(), kAdvice);
  return source_works(kName, "translated connections can be looked up");
}

}  // namespace

void probe_sockets(std::vector<SourceProbe>& probes) {
  probes.push_back(probe_diag("sock-diag-tcp", IPPROTO_TCP));
  probes.push_back(probe_diag("sock-diag-udp", IPPROTO_UDP));
  probes.push_back(probe_tcp_counts());
  probes.push_back(probe_raw_diag());
  probes.push_back(probe_conntrack());
}

}  // namespace nettrace
