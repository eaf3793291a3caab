// Owns: the question whether this process can see the descriptors of every process of the machine.
// Knows nothing of: sockets.
#pragma once

#include <string_view>

#include "native/host/proc_root.h"

namespace nettrace {

/// True if CapEff in the text of /proc/self/status has CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (or _OVERRIDE), both of
/// which /proc/PID/fd of other users asks for; also where the text has no such line (not Linux's /proc).
bool may_read_all_descriptors(std::string_view status) noexcept;

/// As may_read_all_descriptors, and in the initial pid namespace: in another one most processes are out of sight.
bool sees_all_processes(const ProcRoot& proc) noexcept;

}  // namespace nettrace
