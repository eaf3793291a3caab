// Owns: what the driver of a device says of it (ethtool, by ioctl: no right and no /sys needed).
// Knows nothing of: rtnetlink, and which devices are worth asking.
#pragma once

#include <cstdint>
#include <string>

#include "native/base/unique_fd.h"

namespace nettrace {

/// Questions to drivers, in the network namespace that was current when it was made.
class Ethtool {
 public:
  Ethtool();
  /// ETHTOOL_GDRVINFO: virtio_net, ixgbe, ...; empty where there is none.
  std::string driver(const std::string& name) const;
  /// ETHTOOL_GLINKSETTINGS: bits per second as negotiated or, of virtual devices, made up; 0 where the driver has none.
  uint64_t link_speed(const std::string& name) const;

 private:
  UniqueFd socket_;
};

}  // namespace nettrace
