// Owns: all holders of all sockets in one pass over /proc/PID/fd, as columns.
// Knows nothing of: the sockets themselves; and of time: fd_scan.h searches in slices, this answers at once.
#pragma once

#include <cstdint>
#include <vector>

#include "native/host/proc_root.h"
#include "native/host/socket_listing.h"

namespace nettrace {

/// Row i: process `process[i]` (a place in the columns of processes) has the socket `inode[i]` as its descriptor
/// `fd[i]`. Processes and their descriptors come in the order of /proc, so a socket that is shared has several rows.
struct HolderListing {
  std::vector<uint32_t> inode;
  std::vector<uint32_t> process;
  std::vector<uint32_t> fd;

  std::vector<uint32_t> pid;  ///< of processes with at least one socket
  TextColumn name;            ///< comm, proc(5). Foreign bytes
  TextColumn program;         ///< argv[0], at most 511 bytes; empty for a process without arguments. Foreign bytes

  uint32_t hidden = 0;  ///< processes whose descriptors may not be read
};

HolderListing list_holders(const ProcRoot& proc);

}  // namespace nettrace
