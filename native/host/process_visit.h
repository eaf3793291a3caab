// Owns: reading the descriptors of one process, some at a time, with its identity checked at both ends.
// Knows nothing of: which sockets are looked for.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native/flow/owner.h"
#include "native/host/proc_root.h"
#include "native/host/process_stat.h"

namespace nettrace {

/// A descriptor that is a socket.
struct SocketDescriptor {
  uint32_t fd = 0;
  uint32_t inode = 0;
};

/// What was learnt of the descriptors of one process. Nothing in it is true for longer than the process sleeps:
/// a descriptor number is used again as soon as it is closed.
struct ProcessFiles {
  uint64_t start_time = 0;
  std::string name;  ///< comm
  uint32_t uid = 0;
  uint32_t links = 0;  ///< descriptors of any kind at the last reading
  std::vector<SocketDescriptor> sockets;
  std::optional<RunWitness> witness;  ///< of a sleeping process with one thread: unchanged means that it has not run
  bool kernel_thread = false;
  bool readable = true;
};

/// One reading. begin() and then step() until it says something else than kMore.
class ProcessVisit {
 public:
  enum class State : uint8_t {
    kMore,
    kRead,       ///< all descriptors were read
    kUnchanged,  ///< it has not run since `known` was read
    kHidden,     ///< its descriptors may not be read
    kGone,
    kExhausted,  ///< this process is out of descriptors itself
  };

  /// `known`: what is remembered of this pid, or nullptr.
  State begin(const ProcRoot& proc, uint32_t pid, const ProcessFiles* known);
  /// Reads links until `deadline_ns` of `clock`; counts them in `links_read`.
  State step(int64_t (*clock)() noexcept, int64_t deadline_ns, uint64_t& links_read);

  uint32_t pid() const noexcept { return pid_; }
  /// The result, after a state other than kMore and kGone.
  ProcessFiles& files() noexcept { return files_; }

 private:
  State open_descriptors();
  State finish();
  std::optional<ProcessStat> read_stat();
  std::optional<RunWitness> read_witness(const ProcessStat& stat);

  uint32_t pid_ = 0;
  UniqueFd process_;
  NumberedDirectory descriptors_;
  ProcessFiles files_;
  std::array<char, 1024> text_{};
};

}  // namespace nettrace
