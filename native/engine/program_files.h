// Owns: which file a program is, where execve(2) was given a link, a relative path or /proc/self/exe.
// Knows nothing of: processes' bytes. Looks into /proc alone: the file itself may lie on a server that does not answer.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "native/host/process_info.h"
#include "native/meter/records.h"

namespace nettrace {

/// Learns from processes that still run, and remembers for those that have ended before they could be looked at.
class ProgramFiles {
 public:
  static constexpr size_t kMost = 4096;

  /// `source` outlives this object; null: no /proc.
  explicit ProgramFiles(ProcessSource* source) : source_(source) {}

  /// As /proc/PID/exe has it, where that is known; else as it was given, if that says where it is; else empty.
  std::string file_of(const ExecRecord& record);

 private:
  using Key = std::pair<FileId, std::string>;  ///< the file, and how it was given

  ProcessSource* source_;
  std::map<Key, std::string> known_;
};

}  // namespace nettrace
