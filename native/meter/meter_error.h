// Owns: telling apart why BPF does not work: not permitted, not supported.
// Knows nothing of: what was tried.
#pragma once

#include <string_view>

#include "native/base/result.h"

namespace nettrace {

/// The rights that the meter needs and that the text of /proc/self/status (CapEff) has not, e.g. "CAP_BPF,
/// CAP_PERFMON"; empty where nothing is missing.
std::string_view missing_rights(std::string_view status) noexcept;

/// Gives an error of loading or attaching the code that it deserves. The kernel answers EPERM also for what it cannot
/// do at all (lockdown), so that EPERM counts as missing rights only where rights are missing.
Error classify_meter_error(Error error);

}  // namespace nettrace
