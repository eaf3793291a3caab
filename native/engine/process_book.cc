#include "native/engine/process_book.h"

#include <unistd.h>

#include "native/base/clock.h"

namespace nettrace {
namespace {

/// Children of children that never ran a program of their own: how far back the program is looked for.
constexpr int kGenerations = 8;

}  // namespace

ProcessBook::ProcessBook(std::unique_ptr<ProcessSource> source) : source_(std::move(source)) {
  const long ticks = ::sysconf(_SC_CLK_TCK);
  if (ticks > 0) ticks_per_second_ = ticks;
  boot_ms_ = (realtime_nanos() - clock_nanos(CLOCK_BOOTTIME)) / kNanosPerMilli;
}

void ProcessBook::on_fork(const ForkRecord& record) {
  Entry& entry = entries_[record.child.key];
  entry.info.key = record.child.key;
  entry.info.parent_pid = record.parent.key.pid;
  entry.info.uid = record.child.uid;
  entry.info.name = record.child.name;
  entry.parent = record.parent.key;
}

void ProcessBook::on_exec(const ExecRecord& record) {
  Entry& entry = entries_[record.info.key];
  entry.info = record.info;
  entry.info.user = users_.name(record.info.uid);
  entry.described = true;
}

void ProcessBook::on_exit(const ExitRecord& record) {
  Entry& entry = entries_[record.process.key];
  if (entry.ended) return;
  entry.info.key = record.process.key;
  if (entry.info.name.empty()) entry.info.name = record.process.name;
  entry.ended = true;
  ended_.emplace_back(record.time_ns, record.process.key);
}

bool ProcessBook::has_ended(const ProcessKey& key) const {
  const auto found = entries_.find(key);
  return found != entries_.end() && found->second.ended;
}

const ProcessBook::Entry* ProcessBook::program_of(const ProcessKey& key, int depth) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  if (found->second.described || depth == 0 || !found->second.parent) return &found->second;
  const Entry* parent = program_of(found->second.parent, depth - 1);
  return parent != nullptr && parent->described ? parent : &found->second;
}

void ProcessBook::prepare(const MeteredProcess& process) {
  const auto known = entries_.find(process.key);
  if (known != entries_.end() && known->second.described) return;
  std::optional<ProcessInfo> read;
  if (source_ != nullptr && !process.foreign) read = source_->read(process.key);
  if (!read) read = inherited(process);
  Entry& entry = entries_[process.key];
  entry.info = std::move(*read);
  entry.described = true;
}

/// What a process that is gone was: its parent's program, by the name of the record.
ProcessInfo ProcessBook::inherited(const MeteredProcess& process) {
  ProcessInfo info;
  if (const Entry* program = program_of(process.key, kGenerations)) info = program->info;
  const auto own = entries_.find(process.key);
  info.parent_pid = own != entries_.end() ? own->second.info.parent_pid : 0;
  info.key = process.key;
  info.uid = process.uid;
  info.user = users_.name(process.uid);
  if (!process.name.empty()) info.name = process.name;
  const auto ticks = static_cast<int64_t>(process.key.start_time);
  info.start_realtime_ms =
      boot_ms_ + ticks / ticks_per_second_ * 1000 + ticks % ticks_per_second_ * 1000 / ticks_per_second_;
  return info;
}

ProcessInfo ProcessBook::info_of(const ProcessKey& key) const {
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second.info;
  ProcessInfo info;
  info.key = key;
  return info;
}

void ProcessBook::expire(int64_t now_ns) {
  while (!ended_.empty() && (ended_.front().first + kKept <= now_ns || ended_.size() > kMostEnded)) {
    entries_.erase(ended_.front().second);
    ended_.pop_front();
  }
}

}  // namespace nettrace
