// Owns: what the kernel's own counters of a device count: segments or super-frames, with or without the link header.
// Knows nothing of: messages and sockets. Pure; a table, read from kernel sources and measured (counter_units_test.cc).
#pragma once

#include <cstdint>
#include <string_view>

namespace nettrace {

/// How the bytes and packets of IFLA_STATS64 relate to the frames that a packet socket is handed on the same device.
/// A counter of super-frames is the sum of the frames as tapped, one of segments that of the frames on the wire; from
/// each packet that it counts the omitted bytes are missing.
struct CounterUnits {
  bool segments_received = true;  ///< as on the wire; false: frames as they are handed up
  bool segments_sent = true;      ///< as on the wire; false: frames as they are handed down
  uint8_t omitted_received = 0;   ///< bytes of the link header that are not counted
  uint8_t omitted_sent = 0;
  /// False: the two need not agree to the byte, because the device counts at another place than it is tapped.
  bool exact = true;
  friend bool operator==(const CounterUnits&, const CounterUnits&) = default;
};

/// `kind` is IFLA_INFO_KIND, `driver` that of ETHTOOL_GDRVINFO where there is no kind. A bond adds up the counters of
/// its ports (bond_get_stats): ask for those. What is in no table counts as hardware does.
CounterUnits counter_units(std::string_view kind, std::string_view driver, bool loopback) noexcept;

}  // namespace nettrace
