#include "native/host/process_info.h"

#include <string>

#include "native/base/clock.h"
#include "native/host/process_stat.h"
#include "native/host/text_fields.h"

namespace nettrace {

ProcessInfoReader::ProcessInfoReader(const ProcRoot& proc) : proc_(proc) {
  // "btime" stands behind the interrupt counters, whose line alone may be longer than a page.
  std::string text(262144, '\0');
  if (auto line = labelled_line(proc.read("stat", text).text, "btime")) {
    boot_ms_ = parse_unsigned<int64_t>(next_field(*line)).value_or(0) * 1000;
  }
  ticks_per_second_ = clock_ticks_per_second();
}

int64_t ProcessInfoReader::start_realtime_ms(uint64_t start_time) const noexcept {
  const auto ticks = static_cast<int64_t>(start_time & INT64_MAX);
  return boot_ms_ + ticks / ticks_per_second_ * 1000 + ticks % ticks_per_second_ * 1000 / ticks_per_second_;
}

/// "Uid:" has real, effective, saved and file system uid.
void ProcessInfoReader::read_status(int process, ProcessInfo& info) {
  auto line = labelled_line(read_file_at(process, "status", text_).text, "Uid:");
  if (!line) return;
  next_field(*line);
  info.uid = parse_unsigned<uint32_t>(next_field(*line)).value_or(0);
  info.user = users_.name(info.uid);
}

std::optional<ProcessInfo> ProcessInfoReader::read(const ProcessKey& key) {
  const UniqueFd process = proc_.process(key.pid);
  if (!process) return std::nullopt;
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", text_).text);
  if (!stat || stat->start_time != key.start_time) return std::nullopt;
  ProcessInfo info;
  info.key = key;
  info.parent_pid = stat->parent_pid;
  info.name = stat->name;
  info.start_realtime_ms = start_realtime_ms(key.start_time);
  read_status(process.get(), info);
  info.executable = read_link_at(process.get(), "exe", text_).text;
  info.command_line = read_file_at(process.get(), "cmdline", text_).text;
  return info;
}

ProcessChange ProcessInfoReader::refresh(ProcessInfo& info) {
  const UniqueFd process = proc_.process(info.key.pid);
  if (!process) return ProcessChange::kGone;
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", text_).text);
  if (!stat || stat->start_time != info.key.start_time || stat->ended()) return ProcessChange::kGone;
  std::string name(stat->name);
  std::string executable(read_link_at(process.get(), "exe", text_).text);
  std::string command_line(read_file_at(process.get(), "cmdline", text_).text);
  const uint32_t uid = info.uid;
  read_status(process.get(), info);
  if (uid == info.uid && name == info.name && executable == info.executable && command_line == info.command_line)
    return ProcessChange::kSame;
  info.name = std::move(name);
  info.executable = std::move(executable);
  info.command_line = std::move(command_line);
  return ProcessChange::kChanged;
}

bool ProcessInfoReader::alive(const ProcessKey& key) {
  const UniqueFd process = proc_.process(key.pid);
  if (!process) return false;
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", text_).text);
  return stat && stat->start_time == key.start_time && !stat->ended();
}

}  // namespace nettrace
