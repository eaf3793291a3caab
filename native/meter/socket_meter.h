// Owns: the interface of the socket meter: what every socket of the machine moves, and for which process.
// Knows nothing of: flows, captured packets and threads. One thread uses it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "native/base/result.h"
#include "native/meter/records.h"

namespace nettrace {

/// How owners are found out; the best that loads.
enum class MeterTier : uint8_t {
  kReceiveLength,  ///< Linux 6.3: a process that only receives is told from one that only looks, for every protocol
  kReceiveStream,  ///< before: for TCP alone, and looking (MSG_PEEK) counts as receiving
  /// Without type information (BTF), Linux 5.7: the owner is the process that was seen at the socket (Linux 6.3), else
  /// the one that made it. Where several were seen, nobody is; an accepted socket has none before, and before
  /// Linux 6.3. No process or injection records, no tuples of raw sockets' packets, no retransmissions.
  kCgroup,
  /// Without BPF and without any right: what TCP counts of its connections, as sock_diag(7) tells it. Wire bytes are
  /// estimated, other protocols not counted. Not opened here: native/engine/stream_meter.h.
  kSockDiag,
};

struct SocketMeterOptions {
  bool injection = true;            ///< also what is sent through packet sockets; costs a little for every frame sent
  std::optional<MeterTier> tier{};  ///< no other tier, for comparison
  /// Also count what is received by multicast or broadcast. It crosses the interface once, and every member of the
  /// group on this host gets a copy, so that the sum is larger than the interface's. False: leave it to whoever
  /// captures.
  bool groups = false;
  /// Do not count what sockets of other network namespaces move: only whose they are is told. Not for
  /// MeterTier::kCgroup, which counts all.
  bool own_namespace_alone = false;
  bool users = true;  ///< false: as if the kernel did not tell who uses a socket, for MeterTier::kCgroup
};

/// A part that may be missing alone.
struct MeterPart {
  bool works = false;
  Error error{};  ///< why not; kInternal where it was not asked for
};

struct MeterStatus {
  MeterTier tier = MeterTier::kReceiveStream;
  std::string cgroup;   ///< how the root of the cgroup hierarchy was found, for people
  MeterPart processes;  ///< fork, exec and exit records
  MeterPart injection;
  bool sees_users = true;         ///< false: the owner is who made the socket, MeterTier::kCgroup
  std::optional<Error> better{};  ///< why a better tier was not taken, where one was tried
};

/// What the meter could not report. All cumulative.
struct MeterLosses {
  uint64_t events = 0;            ///< records for which a ring had no room
  uint64_t bytes = 0;             ///< IP bytes of final records among them, at least
  uint64_t packets = 0;           ///< packets of sockets for which there was no memory
  uint64_t process_events = 0;    ///< fork, exec and exit records
  uint64_t tuples = 0;            ///< owner records with the tuple of a raw socket's packet; nothing is miscounted
  uint64_t injected_packets = 0;  ///< of more packet socket senders than the table holds
};

/// A device with the largest IP packet that it carries, in our own network namespace.
struct InterfaceMtu {
  uint32_t interface_index = 0;
  uint32_t mtu = 0;
};

/// Counts in the kernel, loss-free, per (socket, interface), for all network namespaces and cgroups below our root.
class SocketMeter {
 public:
  /// Loads and attaches the programs, and looks at the sockets there are. Nothing is left behind when the process ends,
  /// however it ends. Errors: kNotPermitted (which right is missing is in `detail`), kMeterUnsupported (the kernel
  /// lacks something; errno in `number`), kMeterFailed.
  static Result<std::unique_ptr<SocketMeter>> open(const SocketMeterOptions& options);
  virtual ~SocketMeter() = default;

  virtual const MeterStatus& status() const noexcept = 0;
  /// Hands over the events that have come, in this order: what happened to processes before what they did. No wait.
  virtual void poll(MeterSink& sink) = 0;
  /// As poll(), then hands over the counters so far of every socket that has moved something since the last time. They
  /// are newer than every event handed over before, and older than every one after.
  /// Errors: kMeterFailed; what was handed over is right.
  virtual Result<void> dump(MeterSink& sink) = 0;
  /// Datagrams larger than the MTU leave and come in fragments, each with headers of its own.
  virtual void set_mtus(std::span<const InterfaceMtu> mtus) = 0;
  /// Cookies of sockets that are in our own network namespace, for a meter that cannot see it (MeterTier::kCgroup).
  virtual void place(std::span<const uint64_t>) {}
  virtual MeterLosses losses() const = 0;
  /// Readable when a ring of events is a quarter full, which is long before it overflows; else poll() comes on a timer.
  virtual int fd() const noexcept = 0;
};

}  // namespace nettrace
