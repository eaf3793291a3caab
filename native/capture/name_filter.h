// Owns: the part of a ring's filter that keeps more of the packets in which hosts are named.
// Knows nothing of: what the names are (native/names reads them), and sockets.
#pragma once

#include <cstdint>
#include <vector>

#include "native/capture/live_source.h"

namespace nettrace {

/// Bytes kept of such a packet: DNS answers, and a hello with a post-quantum key share, which one super-frame holds.
constexpr uint32_t kNamedBytes = 3072;

/// `program` (classic BPF, for frames that begin with Ethernet's header where `has_link`, else with IP's), so that what
/// it accepts is cut to kNamedBytes instead of `snaplen` where it may name a host: DNS (port 53), the first record of a
/// TLS client, a QUIC Initial packet; over IPv4 and IPv6 without extension headers or tags. Whatever the frame, nothing
/// that `program` accepts is dropped: in the kernel a load past the end of a frame would do that.
std::vector<FilterInstruction> keep_names(std::vector<FilterInstruction> program, bool has_link, uint32_t snaplen);

}  // namespace nettrace
