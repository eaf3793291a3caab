// Owns: finding the root of the unified cgroup hierarchy (cgroups(7)), also where nobody has mounted it.
// Knows nothing of: BPF.
#pragma once

#include <string>
#include <string_view>

#include "native/base/result.h"
#include "native/base/unique_fd.h"

namespace nettrace {

struct CgroupRoot {
  UniqueFd fd;      ///< a directory
  std::string how;  ///< where it was found, for people
};

/// A mount of the hierarchy's root, as the text of /proc/PID/mountinfo has it; empty where there is none.
std::string find_cgroup2_mount(std::string_view mountinfo);

/// Opens the root: a visible mount (/sys/fs/cgroup, /sys/fs/cgroup/unified); else a mount of our own, which no path
/// leads to and which ends with its descriptor (Linux 5.2, CAP_SYS_ADMIN); else what process 1 sees. In a cgroup
/// namespace the root is that of the namespace. Errors: kMeterUnsupported, kNotPermitted.
Result<CgroupRoot> open_cgroup_root();

}  // namespace nettrace
