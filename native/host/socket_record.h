// Owns: SocketRecord, what the kernel tells of one socket, and the words around it.
// Knows nothing of: how it was asked, and who holds the socket.
#pragma once

#include <cstdint>
#include <type_traits>

#include "native/base/ip_address.h"

namespace nettrace {

/// TCP states as the kernel numbers them (include/net/tcp_states.h); UDP uses kEstablished and kClose.
enum class SocketState : uint8_t {
  kEstablished = 1,
  kSynSent = 2,
  kSynReceived = 3,
  kFinWait1 = 4,
  kFinWait2 = 5,
  kTimeWait = 6,
  kClose = 7,
  kCloseWait = 8,
  kLastAck = 9,
  kListen = 10,
  kClosing = 11,
  kNewSynReceived = 12,
};

/// Set of states as in inet_diag_req_v2.idiag_states: bit n is state n.
constexpr uint32_t state_bit(SocketState state) noexcept {
  return 1u << static_cast<uint8_t>(state);
}

enum class SocketKind : uint8_t {
  kTransport,  ///< has ports
  kRaw,        ///< SOCK_RAW; `protocol` is its protocol number, ports are 0
  kPing,       ///< SOCK_DGRAM with IPPROTO_ICMP(V6); local.port is the echo identifier
};

/// One socket. Wildcard addresses are 0.0.0.0 (v4-mapped) for AF_INET sockets and :: for AF_INET6 ones.
struct SocketRecord {
  Endpoint local;
  Endpoint remote;      ///< port 0: not connected
  uint64_t cookie = 0;  ///< unique while the machine is up; 0 where /proc/net was the source
  uint32_t inode = 0;   ///< 0: no process has it as a file (SYN_RECV, not yet accepted, orphan, TIME_WAIT)
  uint32_t uid = 0;
  uint32_t interface = 0;  ///< ifindex that the socket is bound to (SO_BINDTODEVICE), 0 if none
  uint8_t protocol = 0;    ///< IP protocol number
  SocketKind kind = SocketKind::kTransport;
  SocketState state = SocketState::kClose;
  bool v6 = false;       ///< an AF_INET6 socket
  bool v6_only = false;  ///< it takes no IPv4 traffic

  bool connected() const noexcept { return remote.port != 0; }
  bool listening() const noexcept { return state == SocketState::kListen; }
};
static_assert(std::is_trivially_copyable_v<SocketRecord>);
static_assert(sizeof(SocketRecord) <= 72);

/// A question for one socket by its tuple.
struct SocketQuery {
  Endpoint local;
  Endpoint remote;
  uint8_t protocol = 0;
  uint32_t interface = 0;  ///< ifindex the packets are seen on; needed for sockets bound to a device or to fe80::/10
};

enum class LookupStatus : uint8_t { kFound, kNone, kFailed };

struct SocketAnswer {
  LookupStatus status = LookupStatus::kFailed;
  int error = 0;        ///< errno where kFailed
  SocketRecord socket;  ///< where kFound
};

/// Which sockets a table holds.
enum class TableScope : uint8_t {
  kListeners,  ///< TCP in state LISTEN
  kStreams,    ///< TCP that a process may hold: neither LISTEN, SYN_RECV nor TIME_WAIT
  kUdp,
  kUdpLite,
  kRaw,  ///< raw and ping sockets
  kSctp,
  kDccp,
};
constexpr size_t kTableScopeCount = 7;

}  // namespace nettrace
