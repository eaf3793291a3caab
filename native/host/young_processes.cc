#include "native/host/young_processes.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "native/host/text_fields.h"

namespace nettrace {
namespace {

/// After its birth and after each exec(2): close together first, since what is seen once is not lost any more.
constexpr std::array<int64_t, 14> kLooks{50'000,     250'000,    600'000,     1'200'000,  2'000'000,
                                         3'500'000,  6'000'000,  10'000'000,  16'000'000, 25'000'000,
                                         40'000'000, 60'000'000, 100'000'000, 200'000'000};
constexpr size_t kYoungLimit = 512;
constexpr size_t kInfoLimit = 1024;
constexpr int64_t kInfoLife = 5 * kNanosPerSecond;
/// Of a parent with more descriptors it is not asked whether it holds a socket too: nothing is said then.
constexpr uint32_t kParentLimit = 128;
/// Looks in one call; in a storm of forks the rest waits.
constexpr int64_t kSlice = 4 * kNanosPerMilli;
/// The longest listing; where the kernel has more sockets than fit, it is left to the exact lookup.
constexpr int64_t kListingTime = 8 * kNanosPerMilli;

struct List {
  std::string_view name;  ///< as in the attribute of a socket's descriptor
  uint8_t family;
  uint8_t protocol;
};
constexpr std::array<List, 4> kLists{List{"TCP", AF_INET, IPPROTO_TCP}, List{"UDP", AF_INET, IPPROTO_UDP},
                                     List{"TCPv6", AF_INET6, IPPROTO_TCP}, List{"UDPv6", AF_INET6, IPPROTO_UDP}};
constexpr uint32_t kStates = ~(state_bit(SocketState::kListen) | state_bit(SocketState::kTimeWait) |
                               state_bit(SocketState::kNewSynReceived) | state_bit(SocketState::kSynReceived));

PortRange local_ports(const ProcRoot& proc) {
  std::array<char, 64> text;
  std::string_view rest = proc.read("sys/net/ipv4/ip_local_port_range", text).text;
  const auto first = parse_unsigned<uint16_t>(next_field(rest));
  const auto last = parse_unsigned<uint16_t>(next_field(rest));
  return first && last ? PortRange{*first, *last} : PortRange{};
}

bool contains(const std::vector<uint32_t>& list, uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

YoungProcesses::YoungProcesses(const ProcRoot& proc, ProcessSource& reader, ProcessEvents events,
                               std::optional<DiagDump> sockets, int64_t (*clock)() noexcept,
                               const YoungProcessesOptions& options)
    : proc_(proc),
      reader_(reader),
      events_(std::move(events)),
      sockets_(std::move(sockets)),
      clock_(clock),
      share_(options.cpu_percent, options.burst_ns),
      owners_(local_ports(proc)) {}

void YoungProcesses::plan(uint32_t pid, Young& young, int64_t from_ns) {
  young.serial = ++serial_;
  young.look = 0;
  timers_.push({from_ns + kLooks[0], pid, young.serial});
}

void YoungProcesses::take(const ProcessEvent& event, int64_t now_ns) {
  if (event.kind == ProcessEvent::Kind::kExit) {
    young_.erase(event.pid);
    ended_.push_back({event.pid, event.time_ns});
    owners_.ended(event.pid, event.time_ns);
    return;
  }
  const auto known = young_.find(event.pid);
  if (event.kind == ProcessEvent::Kind::kFork) {
    owners_.began(event.pid);
    if (known != young_.end()) young_.erase(known);
    if (young_.size() >= kYoungLimit) return;
    Young& young = young_[event.pid];
    young.parent = event.parent;
    return plan(event.pid, young, now_ns);
  }
  if (known == young_.end() && young_.size() >= kYoungLimit) return;
  Young& young = known != young_.end() ? known->second : young_[event.pid];
  young.key = {};  // described anew: exec(2) changes the name
  plan(event.pid, young, now_ns);
}

void YoungProcesses::hear(int64_t now_ns) {
  news_.clear();
  events_.read(news_);
  for (const ProcessEvent& event : news_) take(event, now_ns);
}

void YoungProcesses::work(int64_t now_ns) {
  last_work_ns_ = now_ns;
  hear(now_ns);
  if (timers_.empty() || timers_.top().due_ns > now_ns || !share_.allows(now_ns)) return;
  const int64_t start = clock_();
  while (!timers_.empty() && timers_.top().due_ns <= now_ns && clock_() - start < kSlice) {
    const Timer timer = timers_.top();
    const auto entry = young_.find(timer.pid);
    timers_.pop();
    if (entry == young_.end() || entry->second.serial != timer.serial) continue;
    Young& young = entry->second;
    if (!look_at(timer.pid, young, now_ns) || ++young.look >= kLooks.size()) {
      young_.erase(entry);
    } else {
      timers_.push({now_ns + kLooks[young.look] - kLooks[young.look - 1U], timer.pid, young.serial});
    }
  }
  list_wanted(now_ns);
  share_.spend(now_ns, clock_() - start);
}

/// False: it has gone, or there is nothing to be seen.
bool YoungProcesses::look_at(uint32_t pid, Young& young, int64_t now_ns) {
  using State = ProcessVisit::State;
  ++looks_;
  State state = visit_.begin(proc_, pid, nullptr);
  const int64_t deadline = clock_() + kNanosPerMilli;
  if (state == State::kMore) state = visit_.step(clock_, deadline, links_);
  if (state != State::kRead || visit_.files().kernel_thread) return state == State::kMore;
  const ProcessFiles files = std::move(visit_.files());
  const ProcessKey key{pid, files.start_time};
  if (young.key != key) learn(young, key, now_ns);
  for (const SocketDescriptor& socket : files.sockets) {
    if (contains(young.done, socket.inode)) continue;
    const auto list = list_of(pid, socket.fd);
    if (!list || parent_holds(young, socket.inode)) {
      young.done.push_back(socket.inode);
    } else {
      wanted_.push_back({socket.inode, pid, *list});
      if (!std::exchange(young.has_socket, true)) learn(young, key, now_ns);  // it may have a name of its own by now
    }
  }
  return true;
}

void YoungProcesses::learn(Young& young, const ProcessKey& key, int64_t now_ns) {
  young.key = key;
  auto info = reader_.read(key);
  if (!info) return;
  if (infos_.size() >= kInfoLimit) {
    std::erase_if(infos_, [&](const auto& entry) { return now_ns - entry.second.seen_ns > kInfoLife; });
    if (infos_.size() >= kInfoLimit) infos_.clear();
  }
  infos_[key.pid] = {std::move(*info), now_ns};
}

const ProcessInfo* YoungProcesses::known(const ProcessKey& process) const {
  const auto entry = infos_.find(process.pid);
  return entry != infos_.end() && entry->second.info.key == process ? &entry->second.info : nullptr;
}

/// A socket that the parent holds too was inherited: whose packets they are is not for us to say.
bool YoungProcesses::parent_holds(const Young& young, uint32_t inode) {
  using State = ProcessVisit::State;
  if (young.parent == 0) return true;
  State state = visit_.begin(proc_, young.parent, nullptr);
  if (state == State::kGone) return false;
  if (state == State::kMore) state = visit_.step(clock_, clock_() + kNanosPerMilli, links_);
  if (state != State::kRead || visit_.files().links > kParentLimit) return true;
  const auto& sockets = visit_.files().sockets;
  return std::any_of(sockets.begin(), sockets.end(), [&](const auto& one) { return one.inode == inode; });
}

/// Which list has the socket behind a descriptor: a socket tells its protocol as an extended attribute (net/socket.c).
std::optional<uint8_t> YoungProcesses::list_of(uint32_t pid, uint32_t fd) const {
  const std::string path =
      "/proc/self/fd/" + std::to_string(proc_.fd()) + "/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  std::array<char, 32> text;
  const ssize_t length = ::getxattr(path.c_str(), "system.sockprotoname", text.data(), text.size());
  if (length <= 0) return std::nullopt;
  const std::string_view name(text.data(), strnlen(text.data(), static_cast<size_t>(length)));
  const auto found = std::find_if(kLists.begin(), kLists.end(), [&](const List& one) { return one.name == name; });
  if (found == kLists.end()) return std::nullopt;
  return static_cast<uint8_t>(found - kLists.begin());
}

void YoungProcesses::list_wanted(int64_t now_ns) {
  if (wanted_.empty() || !sockets_) return wanted_.clear();
  const int64_t deadline = clock_() + kListingTime;
  for (size_t which = 0; which < kLists.size(); ++which) {
    if (std::any_of(wanted_.begin(), wanted_.end(), [&](const Wanted& one) { return one.list == which; })) {
      list(which, deadline, now_ns);
    }
  }
  wanted_.clear();  // what was not found is wanted again at the next look
}

void YoungProcesses::list(size_t which, int64_t deadline_ns, int64_t now_ns) {
  ++listings_;
  if (!sockets_->begin(kLists[which].family, kLists[which].protocol, kStates)) return;
  const auto visit = [&](const SocketRecord& record) {
    for (const Wanted& one : wanted_) {
      if (one.inode != record.inode || one.list != which) continue;
      const auto entry = young_.find(one.pid);
      if (entry == young_.end()) continue;
      owners_.saw(record, entry->second.key, now_ns);
      // A datagram socket may be bound or connected yet; a connection has its addresses for good.
      if (record.connected()) entry->second.done.push_back(one.inode);
    }
  };
  while (sockets_->step(visit) == DiagDump::Step::kMore && clock_() < deadline_ns) {
  }
}

void YoungProcesses::ended(std::vector<PidEnd>& ends) {
  ends.insert(ends.end(), ended_.begin(), ended_.end());
  ended_.clear();
}

int64_t YoungProcesses::next_deadline() const noexcept {
  if (!ended_.empty()) return 0;
  if (timers_.empty()) return std::numeric_limits<int64_t>::max();
  return std::max(timers_.top().due_ns, share_.ready_at(last_work_ns_));
}

}  // namespace nettrace
