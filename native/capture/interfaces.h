// Owns: the list of network interfaces of this namespace, and its local networks, kept up to date by rtnetlink events.
// Knows nothing of: captures; what messages mean is in interface.h.
#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "native/base/netlink.h"
#include "native/base/result.h"
#include "native/capture/interface.h"

namespace nettrace {

/// One thread uses it. It sees the network namespace that was current when it was opened.
class InterfaceMonitor {
 public:
  /// Use open().
  InterfaceMonitor(NetlinkSocket events, NetlinkSocket requests) noexcept
      : events_(std::move(events)), requests_(std::move(requests)) {}
  /// Subscribes, then reads links and addresses once. Errors: kNetlinkFailed, kNotPermitted, kResourceExhausted.
  static Result<std::unique_ptr<InterfaceMonitor>> open();

  /// Readable when update() has something to do.
  int fd() const noexcept { return events_.fd(); }
  /// Handles the events that have arrived, without waiting. Where the kernel had to drop events everything is read
  /// anew, which waits for the kernel's answer (milliseconds; at most a second). After an error call it again, later.
  Result<InterfaceChanges> update();
  /// Reads the counters of all interfaces with one request (RTM_GETSTATS; RTM_GETLINK before Linux 4.7).
  Result<void> refresh_counters();

  /// Ordered by index; valid until the next call that is not const.
  std::span<const Interface> interfaces() const noexcept { return table_.all(); }
  /// Networks that are local without an interface having their addresses; valid as above. A change of them is one of
  /// addresses.
  std::span<const LocalPrefix> local_prefixes() const noexcept { return prefixes_; }

 private:
  Result<InterfaceChanges> resynchronise();
  bool read_prefixes();

  NetlinkSocket events_;
  NetlinkSocket requests_;  ///< a socket of its own: answers never queue behind events
  InterfaceTable table_;
  std::vector<LocalPrefix> prefixes_;
  InterfaceChanges pending_;  ///< seen outside update(), which reports them
  bool has_statistics_request_ = true;
  bool must_resynchronise_ = false;
};

/// The interfaces as they are now. Errors as InterfaceMonitor::open.
Result<std::vector<Interface>> list_interfaces();

}  // namespace nettrace
