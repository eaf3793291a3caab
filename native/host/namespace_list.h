// Owns: which network namespaces there are: those that processes live in, and those that only a name holds.
// Knows nothing of: what is in them.
#pragma once

#include <vector>

#include "native/base/unique_fd.h"
#include "native/host/socket_listing.h"

namespace nettrace {

/// The calling thread's own namespace first, then the others in the order in which /proc lists the processes. Those of
/// processes that may not be looked at are missing.
std::vector<ListingNamespace> list_namespaces();

/// A descriptor for setns(2); empty with errno set where there is none. It is checked to be still that namespace.
UniqueFd open_namespace(const ListingNamespace& space);

}  // namespace nettrace
