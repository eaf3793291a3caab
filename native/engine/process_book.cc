#include "native/engine/process_book.h"

#include "native/base/clock.h"

namespace nettrace {
namespace {

/// Children of children that never ran a program of their own: how far back the program is looked for.
constexpr int kGenerations = 8;

}  // namespace

ProcessBook::ProcessBook(std::unique_ptr<ProcessSource> source) : source_(std::move(source)), files_(source_.get()) {
  if (source_ != nullptr) looks_.emplace(*source_);
  ticks_per_second_ = clock_ticks_per_second();
  boot_ms_ = realtime_ahead_of(CLOCK_BOOTTIME) / kNanosPerMilli;
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
  entry.info.executable = files_.file_of(record);
  entry.info.user = users_.name(record.info.uid);
  entry.described = true;
}

void ProcessBook::on_rename(const RenameRecord& record) {
  const auto known = entries_.find(record.process.key);
  if (known != entries_.end()) known->second.info.name = record.process.name;
}

void ProcessBook::on_exit(const ExitRecord& record) {
  Entry& entry = entries_[record.process.key];
  if (entry.ended) return;
  entry.info.key = record.process.key;
  if (entry.info.name.empty()) entry.info.name = record.process.name;
  entry.ended = true;
  if (looks_) looks_->forget(record.process.key);
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
  if (known != entries_.end() && known->second.described) {
    if (!process.foreign) watch(known->second);
    return;
  }
  std::optional<ProcessInfo> read;
  if (source_ != nullptr && !process.foreign) read = source_->read(process.key);
  if (!read) read = inherited(process);
  Entry& entry = entries_[process.key];
  entry.info = std::move(*read);
  entry.described = true;
  if (!process.foreign) watch(entry);
}

void ProcessBook::watch(Entry& entry) {
  if (entry.watched || entry.ended || !looks_) return;
  entry.watched = true;
  looks_->watch(entry.info, monotonic_nanos());
}

void ProcessBook::look_again(int64_t now_ns, std::vector<ProcessKey>& changed) {
  if (!looks_ || looks_->next_deadline() > now_ns) return;
  looked_at_.clear();
  looks_->refresh(now_ns, looked_at_);
  for (ProcessInfo& info : looked_at_) {
    const auto known = entries_.find(info.key);
    if (known == entries_.end() || known->second.ended) continue;
    changed.push_back(info.key);
    known->second.info = std::move(info);
  }
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
