// Owns: descriptions of processes for the socket meter's owners: from their exec records, else from /proc, else what
// the record itself says. Knows nothing of: sockets and bytes. One thread uses it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "native/engine/program_files.h"
#include "native/host/credited_processes.h"
#include "native/host/process_info.h"
#include "native/host/user_names.h"
#include "native/meter/records.h"

namespace nettrace {

/// Remembers every process from its first record until kKept after its end, so that one that lived a millisecond has
/// its command line when its bytes are counted. Owners that live on are looked at again from time to time: the kernel
/// tells of new programs and names, but not of another user (setuid(2)).
class ProcessBook {
 public:
  static constexpr int64_t kKept = 120'000'000'000;  ///< as long as its last TCP connection may need to end
  static constexpr size_t kMostEnded = 16'384;

  /// `source` may be null: no /proc.
  explicit ProcessBook(std::unique_ptr<ProcessSource> source);

  void on_fork(const ForkRecord& record);
  void on_exec(const ExecRecord& record);
  void on_rename(const RenameRecord& record);
  void on_exit(const ExitRecord& record);
  /// Finds out what is to be known of the process, unless it is known. May read /proc.
  void prepare(const MeteredProcess& process);
  /// The description, after prepare(): at least the key, the uid and the name of the record. No system call.
  ProcessInfo info_of(const ProcessKey& key) const;
  /// True if the process is known to have ended.
  bool has_ended(const ProcessKey& key) const;
  /// Looks again at owners whose time has come; appends those that are described differently now.
  void look_again(int64_t now_ns, std::vector<ProcessKey>& changed);
  void expire(int64_t now_ns);

 private:
  struct KeyHash {
    size_t operator()(const ProcessKey& key) const noexcept {
      return std::hash<uint64_t>{}(key.start_time * 0x9e3779b97f4a7c15ULL ^ key.pid);
    }
  };
  struct Entry {
    ProcessInfo info;
    bool described = false;  ///< by an exec record or /proc; else by a fork: it is what its parent was
    ProcessKey parent;
    bool ended = false;
    bool watched = false;  ///< an owner, which is looked at again
  };

  ProcessInfo inherited(const MeteredProcess& process);
  void watch(Entry& entry);
  const Entry* program_of(const ProcessKey& key, int depth) const;

  std::unique_ptr<ProcessSource> source_;
  ProgramFiles files_;
  std::optional<CreditedProcesses> looks_;
  std::vector<ProcessInfo> looked_at_;
  UserNames users_;
  int64_t boot_ms_ = 0;  ///< when the system started, since 1970
  int64_t ticks_per_second_ = 100;
  std::unordered_map<ProcessKey, Entry, KeyHash> entries_;
  std::deque<std::pair<int64_t, ProcessKey>> ended_;
};

}  // namespace nettrace
