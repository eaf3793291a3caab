// Owns: which pid and network namespaces this process lives in, in the kernel's terms.
// Knows nothing of: what for.
#pragma once

#include <cstdint>

namespace nettrace {

/// Inode of the own pid namespace; 0 where it is the initial one, or /proc cannot tell.
uint32_t own_pid_namespace() noexcept;
/// Inode of the calling thread's network namespace; 0 where /proc cannot tell.
uint32_t own_network_namespace() noexcept;

}  // namespace nettrace
