// Owns: rows for the interfaces of other network namespaces, where sockets there are counted without capture.
// Knows nothing of: sockets and bytes.
#pragma once

#include <cstdint>

#include "native/engine/shared_state.h"

namespace nettrace {

/// An interface on which a socket of another network namespace has moved something.
struct InterfaceElsewhere {
  uint32_t netns = 0;  ///< inode of the namespace
  uint32_t index = 0;  ///< ifindex there
  uint32_t pid = 0;    ///< a process that lives, or lived, in it
};

/// Makes the row, named `eth0@web` where the namespace has the name web (ip-netns(8)), else `eth0@4026532281`. The
/// calling thread visits the namespace for the name; where it may not, or the namespace is gone, the index stands for
/// it.
void watch_elsewhere(SharedState& shared, const InterfaceElsewhere& interface);

}  // namespace nettrace
