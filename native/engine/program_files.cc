#include "native/engine/program_files.h"

namespace nettrace {
namespace {

bool says_where(const std::string& path) {
  return path.starts_with('/') && !path.starts_with("/proc/");
}

/// Still the same program, and not the next one that this process runs. A command line may have been cut.
bool is_of(const ProcessInfo& now, const ExecRecord& record) {
  return now.name == record.info.name && now.command_line.starts_with(record.info.command_line) &&
         (record.cut || now.command_line.size() == record.info.command_line.size());
}

}  // namespace

std::string ProgramFiles::file_of(const ExecRecord& record) {
  const std::string& given = record.info.executable;
  const bool told = record.file.inode != 0;
  if (told) {
    const auto known = known_.find(Key(record.file, given));
    if (known != known_.end()) return known->second;
  }
  if (source_ != nullptr && !record.foreign) {
    const auto now = source_->read(record.info.key);
    if (now && !now->executable.empty() && is_of(*now, record)) {
      if (known_.size() >= kMost) known_.clear();
      if (told) known_[Key(record.file, given)] = now->executable;
      return now->executable;
    }
  }
  return says_where(given) ? given : std::string();
}

}  // namespace nettrace
