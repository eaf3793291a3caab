// Owns: the identity of a flow: protocol, local endpoint, remote endpoint.
// Knows nothing of: counters and owners.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <type_traits>

#include "native/base/ip_address.h"

namespace nettrace {

/// Which side sent the first packet, as far as it was seen (SYN, echo request) or can be told.
enum class Initiator : uint8_t { kUnknown, kLocal, kRemote };

/// Protocol and both ends, seen from this host. For forwarded packets `local` is the source of the first packet.
struct FiveTuple {
  Endpoint local;
  Endpoint remote;
  uint8_t protocol = 0;  ///< IP protocol number
  friend auto operator<=>(const FiveTuple&, const FiveTuple&) = default;
};

/// Names a flow of the flow table; answers for a flow that has left the table are recognised by the generation.
struct FlowId {
  uint32_t index = 0;
  uint32_t generation = 0;
  friend auto operator<=>(const FlowId&, const FlowId&) = default;
};

}  // namespace nettrace
