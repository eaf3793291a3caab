// Owns: giving up every right of this process for good, on all of its threads, before foreign bytes are read.
// Knows nothing of: who reads them.
#pragma once

#include <sys/types.h>

#include <optional>

#include "native/base/result.h"

namespace nettrace {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Becomes `identity` (when given) with no other group, without capabilities, with no_new_privs and under a seccomp
/// filter that all threads share (SECCOMP_FILTER_FLAG_TSYNC): no new program or process, no new socket, no other
/// process, no file but for reading. Denied calls fail with EPERM. The descriptors that are open stay usable.
/// kConfineFailed names the call that failed; the process must then end. See seccomp(2), capabilities(7).
Result<void> confine(const std::optional<Identity>& identity);

/// Whether programs that this thread starts keep its capabilities without being root (PR_CAP_AMBIENT): all permitted
/// ones are raised, or all lowered. Does nothing where there are none. kConfineFailed.
Result<void> hand_on_capabilities(bool on);

}  // namespace nettrace
