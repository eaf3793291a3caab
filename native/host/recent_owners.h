// Owns: which process held a socket that was seen a moment ago and may be closed by now. Bounded, forgets fast. Pure.
// Knows nothing of: how sockets and holders were seen.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "native/base/clock.h"
#include "native/flow/five_tuple.h"
#include "native/flow/flow_hash.h"
#include "native/flow/owner.h"
#include "native/host/socket_record.h"

namespace nettrace {

/// The ports that the kernel gives to sockets that ask for none (net.ipv4.ip_local_port_range). They go round: a
/// number that was just used does not come again at once, as a port that was asked for may.
struct PortRange {
  uint16_t first = 32'768;
  uint16_t last = 60'999;
  bool contains(uint16_t port) const noexcept { return port >= first && port <= last; }
};

class RecentOwners {
 public:
  struct Found {
    ProcessKey process;
    MatchQuality quality = MatchQuality::kNone;
  };
  /// How long a socket that was seen answers for packets that are seen later: the time that they wait in a ring and in
  /// a queue.
  static constexpr int64_t kLife = 500 * kNanosPerMilli;

  explicit RecentOwners(PortRange ports = {}) noexcept : ports_(ports) {}

  /// `process` has this socket. Sockets whose ports may be used again at once are not kept.
  void saw(const SocketRecord& socket, const ProcessKey& process, int64_t now_ns) {
    const bool lasting = ports_.contains(socket.local.port) || ports_.contains(socket.remote.port);
    if (socket.local.port == 0 || !lasting || socket.kind != SocketKind::kTransport) return;
    if (entries_.size() >= kLimit && !make_room(now_ns)) return;
    const FiveTuple key = socket.connected() ? FiveTuple{socket.local, socket.remote, socket.protocol}
                                             : unconnected(socket.protocol, socket.local.port);
    const auto [entry, added] = entries_.try_emplace(key, Entry{process, now_ns, false});
    if (added) return;
    const bool young = now_ns - entry->second.seen_ns <= kLife;
    const bool shared = young && (entry->second.shared || entry->second.process != process);
    entry->second = {process, now_ns, shared};
  }
  /// This process has ended, its sockets are closed: what begins later is not its own, whatever ports it has.
  void ended(uint32_t pid, int64_t time_ns) {
    if (entries_.empty()) return;
    if (ended_.size() >= kLimit) {
      std::erase_if(ended_, [&](const auto& entry) { return time_ns - entry.second > 2 * kLife; });
      if (ended_.size() >= kLimit) ended_.clear();
    }
    ended_[pid] = time_ns;
  }
  /// Another process has this number from now on.
  void began(uint32_t pid) { ended_.erase(pid); }
  /// The process whose socket moved this, where one alone can have been it. `begin_ns`: of the first packet.
  std::optional<Found> find(const FiveTuple& tuple, int64_t begin_ns, int64_t now_ns) const {
    if (const auto process = look(tuple, begin_ns, now_ns)) return Found{*process, MatchQuality::kExact};
    if (tuple.protocol != IPPROTO_UDP) return std::nullopt;
    const auto process = look(unconnected(tuple.protocol, tuple.local.port), begin_ns, now_ns);
    return process ? std::optional(Found{*process, MatchQuality::kWildcard}) : std::nullopt;
  }
  size_t size() const noexcept { return entries_.size(); }

 private:
  static constexpr size_t kLimit = 8192;
  struct Entry {
    ProcessKey process;
    int64_t seen_ns = 0;
    bool shared = false;  ///< several processes were seen with it
  };
  struct Hash {
    size_t operator()(const FiveTuple& tuple) const noexcept {
      // Local processes alone make entries, and few: no need for a keyed hash.
      return flow_hash({1, 2, 3, 4}, tuple, 0, true);
    }
  };
  /// In a storm the entries are looked through a few times in their life, not for each socket.
  bool make_room(int64_t now_ns) {
    if (now_ns < next_sweep_ns_) return false;
    next_sweep_ns_ = now_ns + kLife / 8;
    std::erase_if(entries_, [&](const auto& entry) { return now_ns - entry.second.seen_ns > kLife; });
    return entries_.size() < kLimit;
  }
  static FiveTuple unconnected(uint8_t protocol, uint16_t port) noexcept { return {{{}, port}, {}, protocol}; }
  std::optional<ProcessKey> look(const FiveTuple& key, int64_t begin_ns, int64_t now_ns) const {
    const auto entry = entries_.find(key);
    if (entry == entries_.end() || entry->second.shared || now_ns - entry->second.seen_ns > kLife) return std::nullopt;
    const auto end = ended_.find(entry->second.process.pid);
    if (end != ended_.end() && end->second < begin_ns) return std::nullopt;
    return entry->second.process;
  }

  PortRange ports_;
  int64_t next_sweep_ns_ = 0;
  std::unordered_map<FiveTuple, Entry, Hash> entries_;
  std::unordered_map<uint32_t, int64_t> ended_;  ///< when processes did, by pid
};

}  // namespace nettrace
