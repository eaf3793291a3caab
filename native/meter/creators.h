// Owns: who made a socket, as a process: the start time is asked of /proc as long as it can be.
// Knows nothing of: what sockets move.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "native/flow/owner.h"
#include "native/meter/bpf_records.h"
#include "native/meter/raw_programs.h"

namespace nettrace {

/// Field 22 of the text of /proc/PID/stat, proc(5): clock ticks since boot. Nothing where the text is cut off.
std::optional<uint64_t> start_time_of(std::string_view stat) noexcept;
/// Field 9 has PF_KTHREAD. False where the text is cut off.
bool is_kernel_thread(std::string_view stat) noexcept;

/// Start times by pid, and network namespaces by cookie.
class Creators {
 public:
  explicit Creators(const RecordUnits& units);

  /// The cookie of our own network namespace.
  void learn_own(uint64_t netns_cookie);
  /// The key of a socket's maker; call it soon after the socket was made. A process that has ended meanwhile has the
  /// start time 0, unless it made another socket that was seen in time: all such with the same pid are one.
  ProcessKey key_of(const RawCreator& creator, int64_t now_ns);
  /// Its user in place of the maker, for key_of().
  static RawCreator user_of(const RawCreator& used) noexcept;
  /// False where it cannot be known.
  bool is_kernel_thread(uint32_t tgid) const noexcept;
  /// The inode of the socket's network namespace; 0 where neither we nor the maker of any socket lives in it.
  uint32_t network_namespace(const RawCreator& creator);
  /// Pids are those of the initial pid namespace, and /proc has others.
  bool foreign() const noexcept { return foreign_; }
  /// Forgets pids that have not been met for long.
  void forget(int64_t now_ns);

 private:
  struct Known {
    uint64_t start_time = 0;
    int64_t alive_ns = 0;  ///< when it was last seen running
    int64_t met_ns = 0;
    std::array<char, 16> name{};
  };

  RecordUnits units_;
  bool foreign_;
  int64_t boot_ns_;  ///< CLOCK_BOOTTIME less CLOCK_MONOTONIC
  uint32_t own_namespace_ = 0;
  std::unordered_map<uint32_t, Known> processes_;
  std::unordered_map<uint64_t, uint32_t> namespaces_;
};

}  // namespace nettrace
