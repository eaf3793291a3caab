// Owns: the question to the kernel's NAT table: which tuple has the connection on the other side of the translation?
// Knows nothing of: interfaces, flows and processes. Asks by ctnetlink, one exchange for each question.
#pragma once

#include <optional>
#include <utility>

#include "native/base/netlink.h"
#include "native/base/result.h"
#include "native/flow/five_tuple.h"
#include "native/host/proc_root.h"

namespace nettrace {

/// On which side of the translation a tuple was seen.
enum class NatSide : uint8_t {
  kOutside,  ///< as the far end knows it: on an uplink of the host
  kInside,   ///< as the process's own socket has it: in the container, on docker0, or in the socket table of the host
};

/// A connection that is translated, as it looks on the other side.
struct Translation {
  /// `local` is the end of the process inside, `remote` its far end; both as that side knows them.
  FiveTuple tuple;
  bool begun_inside = false;  ///< the process inside sent the first packet
};

/// One socket, used by one thread, for the network namespace that was current when it was opened.
class Conntrack {
 public:
  /// Never makes the kernel load a module: where connection tracking or its netlink interface is not there, nothing is
  /// asked. `proc` has the /proc/sys of this network namespace.
  /// Errors: kNetlinkFailed with EOPNOTSUPP (not supported here), kNotPermitted (needs CAP_NET_ADMIN over the
  /// namespace), kResourceExhausted.
  static Result<Conntrack> open(const ProcRoot& proc);

  /// `seen.local` is the end on this host's side of the connection, `seen.remote` the far end:
  ///
  ///   translation                      seen on kOutside               answer, inside
  ///   masquerade 172.17.0.2 -> host    host:40001 -> far:443          172.17.0.2:51000 -> far:443
  ///   DNAT host:8080 -> 172.17.0.2:80  host:8080 <- client:6000       172.17.0.2:80 <- client:6000
  ///   DNAT of the host's own packets   host:5000 -> 172.17.0.2:80     host:5000 -> service:80
  ///
  /// With kInside the columns change places. For ICMP both ports are the echo identifier, and `initiator` tells who
  /// asked; where it is not known the near end is taken for the one. Nothing where the kernel has no such connection,
  /// where nothing of it is translated, or where conntrack does not know the protocol (then it is not asked).
  /// About 10 us. Errors: kNetlinkFailed, kNotPermitted.
  Result<std::optional<Translation>> look_up(const FiveTuple& seen, NatSide side = NatSide::kOutside,
                                             Initiator initiator = Initiator::kUnknown);

 private:
  explicit Conntrack(NetlinkSocket socket) noexcept : socket_(std::move(socket)) {}

  NetlinkSocket socket_;
};

}  // namespace nettrace
