// Owns: the reading of all sockets, those of other network namespaces too, without moving the calling thread.
// Knows nothing of: what is done with them.
#pragma once

#include "native/host/socket_listing.h"

namespace nettrace {

/// The caller's own namespace is read by the calling thread. Others are visited by a thread that ends with this call;
/// one that may not be entered keeps its errno in `namespaces`.
SocketListing survey_sockets(const SocketRequest& request);

}  // namespace nettrace
