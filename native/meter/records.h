// Owns: what the socket meter reports, as plain values: sockets, their owners, what they moved, how processes live.
// Knows nothing of: how it is found out.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "native/flow/five_tuple.h"
#include "native/flow/owner.h"

namespace nettrace {

/// One direction on one interface, without link layer headers.
struct WayCounters {
  uint64_t packets = 0;        ///< on the wire: segments of a super-frame and fragments are counted singly
  uint64_t ip_bytes = 0;       ///< of these packets, IP headers included
  uint64_t frames = 0;         ///< as the IP layer has them, and as virtual devices count them
  uint64_t frame_bytes = 0;    ///< of these frames, IP headers included
  uint64_t payload_bytes = 0;  ///< behind the transport header; behind the IP header for protocols without ports

  WayCounters& operator+=(const WayCounters& other) noexcept;
  WayCounters& operator-=(const WayCounters& other) noexcept;
  friend bool operator==(const WayCounters&, const WayCounters&) = default;
};

/// What a socket moved on one interface.
struct LaneCounters {
  WayCounters sent;
  WayCounters received;

  LaneCounters& operator+=(const LaneCounters& other) noexcept;
  LaneCounters& operator-=(const LaneCounters& other) noexcept;
  friend bool operator==(const LaneCounters&, const LaneCounters&) = default;
};

/// A socket. The cookie names it as long as the system runs (SO_COOKIE, socket(7)).
struct MeteredSocket {
  uint64_t cookie = 0;
  FiveTuple tuple;      ///< remote is empty where the socket is not connected
  uint32_t netns = 0;   ///< inode of its network namespace; 0: not yet known
  uint16_t family = 0;  ///< AF_INET or AF_INET6; an AF_INET6 socket may talk IPv4
  uint8_t type = 0;     ///< SOCK_STREAM, ...
  /// The tuple is that of the last packet sent: a raw socket does not know whom it talks to, and IP_HDRINCL lets it
  /// send any protocol. ICMP echo has its identifier as both ports. Only in owner records.
  bool datagram_tuple = false;
};

/// A file, by what the kernel knows it by; an inode of 0: not told.
struct FileId {
  uint64_t inode = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  friend auto operator<=>(const FileId&, const FileId&) = default;
};

/// The process that bytes belong to. `key.pid` is 0 where there is none.
struct MeteredProcess {
  /// The pid is that of our pid namespace; of the initial one where `foreign`. The start time is 0 where the process
  /// had ended, or was foreign, before it could be asked for (MeterTier::kCgroup).
  ProcessKey key;
  uint32_t uid = 0;         ///< effective
  std::string_view name;    ///< comm; valid during the call
  bool foreign = false;     ///< not visible in our pid namespace, /proc does not know it
  bool seen_at_it = false;  ///< seen sending or receiving; else the creator, the listener's owner, or a holder
  /// Of an accepted socket: the listener's owner, as long as nobody was seen at it. Whoever serves the connection is
  /// perhaps another one, and will be known in a moment.
  bool inherited = false;
  bool kernel = false;            ///< a socket of the kernel itself
  bool inexact = false;           ///< the maker: who uses the socket is not seen
  bool mixed = false;             ///< a change of owner was lost: the counters hold bytes of others too
  Reason reason = Reason::kNone;  ///< why there is no process, where that is known
};

/// The socket has an owner, or another one, or another tuple. Unless that is of a datagram alone, what was counted in
/// the same epoch moves to the new one.
struct OwnerRecord {
  int64_t time_ns = 0;  ///< CLOCK_MONOTONIC
  MeteredSocket socket;
  MeteredProcess owner;
};

enum class TrafficKind : uint8_t {
  kLive,   ///< the counters so far; later records of the same epoch contain them
  kSplit,  ///< the owner changes: the last word on this owner, and on this epoch of the interface
  kFlush,  ///< the last word on this epoch of the interface; the owner stays
  kFinal,  ///< the socket is gone: the last word
};

/// What an owner moved through a socket on one interface.
struct TrafficRecord {
  TrafficKind kind = TrafficKind::kLive;
  bool last = true;  ///< no other interface of this socket follows with the same cause
  int64_t time_ns = 0;
  MeteredSocket socket;
  MeteredProcess owner;
  uint32_t interface_index = 0;  ///< in the socket's namespace; 0: unknown, and where a final record has no bytes
  uint32_t epoch = 0;            ///< of the socket on this interface: counters began at zero when it began
  /// The counters hold what was moved with earlier tuples of the socket too: there was no room to tell of each.
  bool several_tuples = false;
  LaneCounters counters;
  uint64_t retransmitted_bytes = 0;    ///< TCP payload sent again, over all interfaces; set where `last`
  uint64_t retransmitted_packets = 0;  ///< likewise
};

/// What a process has sent through packet sockets (packet(7)) on one interface since the record before.
struct InjectionRecord {
  MeteredProcess owner;
  uint32_t netns = 0;
  uint32_t interface_index = 0;
  uint64_t packets = 0;     ///< on the wire
  uint64_t wire_bytes = 0;  ///< link layer headers included
  uint64_t frames = 0;
  uint64_t frame_bytes = 0;
};

/// A new process; it has its parent's program until it says otherwise.
struct ForkRecord {
  int64_t time_ns = 0;
  MeteredProcess parent;
  MeteredProcess child;
};

/// A process runs another program. `info` has everything but the user's name; the executable is as it was given to
/// execve(2): relative where that was relative, perhaps a link, the interpreter of a script.
struct ExecRecord {
  int64_t time_ns = 0;
  ProcessInfo info;
  FileId file;  ///< what runs; empty where the tier does not tell
  bool foreign = false;
  bool cut = false;  ///< the command line is longer than what is here
};

/// The main thread takes another name.
struct RenameRecord {
  int64_t time_ns = 0;
  MeteredProcess process;
};

/// The last thread of a process ends; its sockets are closed after this.
struct ExitRecord {
  int64_t time_ns = 0;
  MeteredProcess process;
};

/// Where records go. Whoever wants only some of them overrides only those.
class MeterSink {
 public:
  virtual ~MeterSink() = default;
  virtual void on_owner(const OwnerRecord&) {}
  virtual void on_traffic(const TrafficRecord&) {}
  virtual void on_injection(const InjectionRecord&) {}
  virtual void on_fork(const ForkRecord&) {}
  virtual void on_exec(const ExecRecord&) {}
  virtual void on_rename(const RenameRecord&) {}
  virtual void on_exit(const ExitRecord&) {}
};

}  // namespace nettrace
