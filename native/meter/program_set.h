// Owns: a set of BPF programs that is loaded and attached together, or not at all.
// Knows nothing of: reading what the programs count.
#pragma once

#include <initializer_list>
#include <vector>

#include "native/base/result.h"
#include "native/base/unique_fd.h"
#include "native/meter/accounting.h"
#include "native/meter/skeleton.h"
#include "native/meter/socket_meter.h"

namespace nettrace {

/// Loaded programs with the links that hold them in place. Errors of all functions: kNotPermitted, kMeterUnsupported,
/// kMeterFailed; `subject` names the set or the program.
struct ProgramSet {
  Skeleton skeleton;
  std::vector<UniqueFd> links;

  /// Loads, attaches nothing.
  static Result<ProgramSet> load(const SkeletonImage& image, const SocketMeterOptions& options = {});
  /// Those that count by socket, all but the iterators.
  static Result<ProgramSet> open_accounting(const SkeletonImage& image, int cgroup, const SocketMeterOptions& options);
  /// Fork, exec and exit.
  static Result<ProgramSet> open_processes();
  /// What is sent through packet sockets.
  static Result<ProgramSet> open_injection();

  /// Programs that the set does not have are left out.
  Result<void> attach_tracepoints(std::initializer_list<const char*> programs);
  Result<void> attach_cgroup(int cgroup);
  /// The global variables, as they are now.
  meter_globals globals() const noexcept;
};

/// The error of an attachment that has just failed; takes errno.
Error attach_error(const char* program);

}  // namespace nettrace
