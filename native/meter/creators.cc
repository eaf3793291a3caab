#include "native/meter/creators.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

constexpr int64_t kForgetAfter = 60 * kNanosPerSecond;
/// A process that was seen running is asked again after this long: its pid may be another's by then.
constexpr int64_t kTrusted = 100 * kNanosPerMilli;

std::optional<uint64_t> read_start_time(uint32_t pid) noexcept {
  std::array<char, 1024> text;
  const UniqueFd file(::open(("/proc/" + std::to_string(pid) + "/stat").c_str(), O_RDONLY | O_CLOEXEC));
  const ssize_t got = file ? ::read(file.get(), text.data(), text.size()) : 0;
  return start_time_of({text.data(), got > 0 ? static_cast<size_t>(got) : 0});
}

}  // namespace

std::optional<uint64_t> start_time_of(std::string_view stat) noexcept {
  size_t at = stat.rfind(')');  // the name itself may hold blanks and parentheses
  for (int field = 2; field < 22 && at != std::string_view::npos; ++field) at = stat.find(' ', at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), ticks);
  if (error != std::errc() || end == stat.data() + stat.size()) return std::nullopt;
  return ticks;
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
  const auto start_time = read_start_time(creator.tgid);
  if (start_time && *start_time <= made) {
    known.start_time = *start_time;
    known.alive_ns = now_ns;
    std::copy(std::begin(creator.name), std::end(creator.name), known.name.begin());
  } else if (std::memcmp(known.name.data(), creator.name, known.name.size()) != 0) {
    known.start_time = 0;  // gone, and it was not the one we knew
  }
  return {creator.tgid, known.start_time};
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
