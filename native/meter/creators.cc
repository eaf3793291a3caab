#include "native/meter/creators.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <string>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

constexpr int64_t kForgetAfter = 60 * kNanosPerSecond;
/// A process that was seen running is asked again after this long: its pid may be another's by then.
constexpr int64_t kTrusted = 100 * kNanosPerMilli;

/// The text of /proc/PID/stat; empty where there is none.
std::string_view read_stat(uint32_t pid, std::span<char> text) noexcept {
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return {text.data(), got > 0 ? static_cast<size_t>(got) : 0};
}

/// A field behind the name, as a number.
std::optional<uint64_t> field_of(std::string_view stat, int wanted) noexcept {
  size_t at = stat.rfind(')');  // the name itself may hold blanks and parentheses
  for (int field = 2; field < wanted && at != std::string_view::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), number);
  if (error != std::errc() || end == stat.data() + stat.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<uint64_t> start_time_of(std::string_view stat) noexcept {
  return field_of(stat, 22);
}

bool is_kernel_thread(std::string_view stat) noexcept {
  constexpr uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
  return (field_of(stat, 9).value_or(0) & kKernelThread) != 0;
}

Creators::Creators(const RecordUnits& units)
    : units_(units), foreign_(own_pid_namespace() != 0), boot_ns_(clock_nanos(CLOCK_BOOTTIME) - monotonic_nanos()) {}

void Creators::learn_own(uint64_t netns_cookie) {
  own_namespace_ = own_network_namespace();
  namespaces_[netns_cookie] = own_namespace_;
}

ProcessKey Creators::key_of(const RawCreator& creator, int64_t now_ns) {
  if (foreign_ || creator.tgid == 0) return {creator.tgid, 0};
  Known& known = processes_[creator.tgid];
  known.met_ns = now_ns;
  const auto made_ns = static_cast<int64_t>(creator.time_ns);
  if (known.start_time != 0 && made_ns <= known.alive_ns + kTrusted) return {creator.tgid, known.start_time};
  // Ticks are cut off: a process of the same tick as the socket was there before it.
  const auto made = static_cast<uint64_t>((made_ns + boot_ns_) / units_.nanos_per_tick);
  std::array<char, 1024> text;
  const auto start_time = start_time_of(read_stat(creator.tgid, text));
  if (start_time && *start_time <= made) {
    known.start_time = *start_time;
    known.alive_ns = now_ns;
    std::copy(std::begin(creator.name), std::end(creator.name), known.name.begin());
  } else if (std::memcmp(known.name.data(), creator.name, known.name.size()) != 0) {
    known.start_time = 0;  // gone, and it was not the one we knew
  }
  return {creator.tgid, known.start_time};
}

RawCreator Creators::user_of(const RawCreator& used) noexcept {
  RawCreator user;
  user.time_ns = used.used_ns;
  user.tgid = used.user;
  user.uid = used.user_uid;
  std::copy(std::begin(used.user_name), std::end(used.user_name), user.name);
  return user;
}

bool Creators::is_kernel_thread(uint32_t tgid) const noexcept {
  std::array<char, 1024> text;
  return !foreign_ && nettrace::is_kernel_thread(read_stat(tgid, text));
}

uint32_t Creators::network_namespace(const RawCreator& creator) {
  const auto found = namespaces_.find(creator.netns_cookie);
  if (found != namespaces_.end()) return found->second;
  if (foreign_ || creator.tgid == 0) return 0;
  struct stat status {};
  if (::stat(("/proc/" + std::to_string(creator.tgid) + "/ns/net").c_str(), &status) != 0) return 0;
  const auto inode = static_cast<uint32_t>(status.st_ino);
  // A process that made the socket elsewhere and has come back (setns(2)): ours has another cookie.
  if (inode == own_namespace_) return 0;
  namespaces_[creator.netns_cookie] = inode;
  return inode;
}

void Creators::forget(int64_t now_ns) {
  std::erase_if(processes_, [&](const auto& entry) { return now_ns - entry.second.met_ns > kForgetAfter; });
}

}  // namespace nettrace
