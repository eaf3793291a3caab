// Owns: an invented world of sockets, holders and processes with a hand-driven clock, for tests of OwnerSearch.
// Knows nothing of: what is tested.
#pragma once

#include <netinet/in.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "native/host/owner_search.h"

namespace nettrace::test {

inline int64_t g_now = 0;
inline int64_t fake_clock() noexcept {
  return g_now;
}

inline const Endpoint kServer{IpAddress::v4(0x0a000001), 443};
inline const Endpoint kPeer{IpAddress::v4(0x0a000002), 50000};

struct FakeSockets final : SocketSource {
  bool exact(uint8_t) const noexcept override { return has_exact; }
  size_t batch() const noexcept override { return 32; }
  void find(std::span<const SocketQuery> queries, std::span<SocketAnswer> answers) override {
    lookups += queries.size();
    for (size_t i = 0; i < queries.size(); ++i) {
      last_local = queries[i].local;
      answers[i] = answer;
    }
  }
  void begin(TableScope scope) override {
    listing = scope;
    ++listings;
  }
  Step step(int64_t, SocketTable& table) override {
    if (!available) return Step::kUnavailable;
    table.records() = tables[listing];
    return Step::kDone;
  }
  std::optional<Reason> tunnel_at(uint16_t udp_port) override {
    const auto found = tunnels.find(udp_port);
    return found == tunnels.end() ? std::nullopt : std::optional(found->second);
  }
  SocketAnswer answer{LookupStatus::kNone, 0, {}};
  std::map<TableScope, std::vector<SocketRecord>> tables;
  TableScope listing{};
  std::map<uint16_t, Reason> tunnels;
  Endpoint last_local;
  bool has_exact = true;
  bool available = true;
  size_t lookups = 0;
  int listings = 0;
};

struct FakeHolders final : HolderSource {
  void want(int64_t, uint32_t inode, uint32_t, std::span<const uint32_t>) override {
    if (asked.try_emplace(inode).second) publish(inode);
  }
  void refresh(uint32_t inode) override {
    ++refreshes;
    asked[inode] = {};
    found_anew.push_back(inode);
  }
  const HolderAnswer* answer(uint32_t inode) const override {
    const auto entry = asked.find(inode);
    return entry == asked.end() ? nullptr : &entry->second;
  }
  void scan(int64_t, int64_t, std::vector<uint32_t>& changed) override {
    for (const uint32_t inode : std::exchange(found_anew, {})) publish(inode);
    changed.swap(pending);
  }
  bool still_holds(const Holder& holder, uint32_t inode) override { return holds(holder.process, inode); }
  bool remembered_to_hold(const ProcessKey& process, uint32_t inode) override { return holds(process, inode); }
  int64_t next_deadline() const noexcept override { return pending.empty() && found_anew.empty() ? INT64_MAX : g_now; }

  bool holds(const ProcessKey& process, uint32_t inode) const {
    const auto entry = world.find(inode);
    if (entry == world.end()) return false;
    for (const Holder& holder : entry->second) {
      if (holder.process == process) return true;
    }
    return false;
  }
  /// What a scan would find now, whole or in part.
  void publish(uint32_t inode) {
    asked[inode] = {world[inode], complete, visible};
    pending.push_back(inode);
  }
  std::map<uint32_t, std::vector<Holder>> world;
  std::map<uint32_t, HolderAnswer> asked;
  std::vector<uint32_t> pending;
  std::vector<uint32_t> found_anew;
  bool complete = true;
  bool visible = true;
  int refreshes = 0;
};

struct FakeProcesses final : ProcessSource {
  std::optional<ProcessInfo> read(const ProcessKey& key) override {
    if (!alive(key)) return std::nullopt;
    ++reads;
    ProcessInfo info;
    info.key = key;
    info.name = name;
    return info;
  }
  ProcessChange refresh(ProcessInfo& info) override {
    if (info.name == name) return ProcessChange::kSame;
    info.name = name;
    return ProcessChange::kChanged;
  }
  bool alive(const ProcessKey& key) override { return key != dead; }
  std::string name = "server";
  ProcessKey dead;
  int reads = 0;
};

struct World {
  explicit World(OwnerSearchOptions options = {}, const RecentOwners* recent = nullptr)
      : search((g_now = 1000 * kNanosPerSecond, sockets), holders, processes, fake_clock, options, recent) {}

  std::vector<Verdict> work(int64_t advance_ns = 0) {
    g_now += advance_ns;
    std::vector<Verdict> verdicts;
    search.work(g_now, verdicts, infos);
    return verdicts;
  }
  /// Works at the search's own deadlines until nothing is left; the last verdict.
  Verdict settle() {
    Verdict last;
    for (int i = 0; i < 100; ++i) {
      for (const Verdict& verdict : work()) last = verdict;
      if (last.final || search.next_deadline() == INT64_MAX) return last;
      g_now = std::max(g_now, search.next_deadline());
    }
    return last;
  }
  Verdict ask(const AttributionRequest& request) {
    ++g_now;  // a listing from before the question does not answer it
    search.submit(std::span(&request, 1));
    return settle();
  }

  FakeSockets sockets;
  FakeHolders holders;
  FakeProcesses processes;
  std::vector<ProcessInfo> infos;
  OwnerSearch search;
};

inline AttributionRequest request(uint8_t protocol, Initiator initiator) {
  AttributionRequest one;
  one.flow = {1, 1};
  one.tuple = {kServer, kPeer, protocol};
  one.initiator = initiator;
  return one;
}
inline SocketRecord record(uint32_t inode, SocketState state, bool connected = true) {
  SocketRecord one;
  one.local = kServer;
  if (connected) one.remote = kPeer;
  one.inode = inode;
  one.state = state;
  one.protocol = IPPROTO_TCP;
  return one;
}
inline SocketAnswer found(const SocketRecord& one) {
  return {LookupStatus::kFound, 0, one};
}
inline Holder holder(uint32_t pid) {
  return {{pid, pid * 10}, 3, "seen"};
}

}  // namespace nettrace::test
