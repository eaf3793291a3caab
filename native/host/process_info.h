// Owns: ProcessInfo from /proc/PID/{stat,status,cmdline,exe}.
// Knows nothing of: sockets and flows.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "native/flow/owner.h"
#include "native/host/proc_root.h"
#include "native/host/user_names.h"

namespace nettrace {

/// The longest command line that is kept.
constexpr size_t kCommandLineLimit = 4096;

enum class ProcessChange : uint8_t { kSame, kChanged, kGone };

/// The shape of a source of process descriptions, so that the policy can be run on an invented one.
class ProcessSource {
 public:
  virtual ~ProcessSource() = default;
  /// What is known of the process; nothing where it has ended, or its pid is another process by now. Fields that may
  /// not be read stay empty.
  virtual std::optional<ProcessInfo> read(const ProcessKey& key) = 0;
  /// All again but the identity: exec(2) and setuid(2) change it.
  virtual ProcessChange refresh(ProcessInfo& info) = 0;
  /// True if the process with this identity runs. A zombie does not: it holds nothing any more.
  virtual bool alive(const ProcessKey& key) = 0;
};

/// Describes processes from /proc. One per thread.
class ProcessInfoReader final : public ProcessSource {
 public:
  /// Reads the time of boot once (/proc/stat, btime). `proc` outlives this object.
  explicit ProcessInfoReader(const ProcRoot& proc);

  std::optional<ProcessInfo> read(const ProcessKey& key) override;
  ProcessChange refresh(ProcessInfo& info) override;
  bool alive(const ProcessKey& key) override;

 private:
  void read_status(int process, ProcessInfo& info);
  int64_t start_realtime_ms(uint64_t start_time) const noexcept;

  const ProcRoot& proc_;
  UserNames users_;
  int64_t boot_ms_ = 0;
  int64_t ticks_per_second_ = 100;
  std::array<char, kCommandLineLimit> text_{};
};

}  // namespace nettrace
