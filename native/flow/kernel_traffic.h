// Owns: what the traffic of the kernel itself is, as far as its protocol and its ports tell.
// Knows nothing of: how it was found out that a socket is the kernel's own, and which devices there are.
#pragma once

#include <cstdint>
#include <optional>

#include "native/flow/five_tuple.h"
#include "native/flow/owner.h"

namespace nettrace {

/// Tunnels and IPsec that are IP protocols of their own, e.g. GRE: they have no socket. Nothing for other protocols.
std::optional<Reason> kernel_protocol(uint8_t protocol) noexcept;

/// What a socket of the kernel's own is for, by the well-known port at either end; kKernelSocket where none of them has
/// one. Only for sockets that are known to be the kernel's: a process may use the same ports. `remote` may be empty.
Reason kernel_socket_reason(const FiveTuple& tuple) noexcept;

/// The tunnel whose outer UDP packets go to this port, from source ports at which there is no socket (VXLAN, Geneve and
/// MPLS make them of the inner flow, RFC 7348, 8926, 7510). Nothing for other ports.
std::optional<Reason> socketless_tunnel(uint16_t udp_port) noexcept;

}  // namespace nettrace
