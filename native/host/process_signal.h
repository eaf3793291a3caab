// Owns: a signal to the very process that was seen: its pidfd is opened first, then its start is looked at.
// Knows nothing of: who asked, and which signals make sense.
#pragma once

#include <cstdint>

#include "native/base/result.h"
#include "native/host/proc_root.h"

namespace nettrace {

enum class SignalOutcome : uint8_t {
  kSent,
  kGone,   ///< it has ended; a zombie counts as ended
  kOther,  ///< the pid is another process's by now
};

/// Sends `signal` (signal(7)) to the process with this pid and this start (field 22 of /proc/PID/stat, clock ticks
/// since boot). A pidfd stays with the process that had the pid when it was opened: where the start read afterwards is
/// the one that was seen, no later process can be hit (pidfd_open(2), pidfd_send_signal(2)). Before Linux 5.3 there are
/// none: then kill(2) follows the look at once. Errors: kNotPermitted; kInternal for anything else, such as no such
/// signal.
Result<SignalOutcome> signal_process(const ProcRoot& proc, uint32_t pid, uint64_t start_ticks, int signal);

}  // namespace nettrace
