// Owns: the question whether this process can see the descriptors of every process of the machine.
// Knows nothing of: sockets.
#pragma once

#include <string_view>

#include "native/host/proc_root.h"

namespace nettrace {

/// True if CapEff in the text of /proc/self/status has CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (or _OVERRIDE), both of
/// which /proc/PID/fd of other users asks for; also where the text has no such line (not Linux's /proc).
bool may_read_all_descriptors(std::string_view status) noexcept;

/// False in a user namespace (user_namespaces(7)) of somebody's own: the capabilities that are held there count for
/// nothing outside of it. True where that cannot be read.
bool in_initial_user_namespace(const ProcRoot& proc) noexcept;

/// False in a pid namespace of its own (pid_namespaces(7)): a container's. True where that cannot be read.
bool in_initial_pid_namespace(const ProcRoot& proc) noexcept;

/// As may_read_all_descriptors, and in the initial user and pid namespaces: in another one most processes are out of
/// sight.
bool sees_all_processes(const ProcRoot& proc) noexcept;

}  // namespace nettrace
