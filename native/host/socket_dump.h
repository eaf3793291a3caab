// Owns: reading all sockets of the calling thread's network namespace: by sock_diag(7), by /proc/net where that fails.
// Knows nothing of: other namespaces, and who holds a socket.
#pragma once

#include <cstdint>

#include "native/host/socket_listing.h"

namespace nettrace {

/// Appends what `request` asks for; each row gets `netns` as its namespace. What could not be read stands in
/// `listing.parts`; a kind of socket that this kernel does not have is there with source kNone and ENOENT.
void dump_sockets(const SocketRequest& request, uint16_t netns, SocketListing& listing);

}  // namespace nettrace
