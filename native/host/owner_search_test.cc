// Owns: tests of the life of a question, on an invented world of sockets and holders with a hand-driven clock.
// Knows nothing of: netlink and /proc.
#include "native/host/owner_search.h"

#include <netinet/in.h>

#include <cerrno>
#include <map>
#include <utility>

#include "native/dev/test.h"

namespace {

using namespace nettrace;

int64_t g_now = 0;
int64_t fake_clock() noexcept {
  return g_now;
}

const Endpoint kServer{IpAddress::v4(0x0a000001), 443};
const Endpoint kPeer{IpAddress::v4(0x0a000002), 50000};

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
  SocketAnswer answer{LookupStatus::kNone, 0, {}};
  std::map<TableScope, std::vector<SocketRecord>> tables;
  TableScope listing{};
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
  explicit World(OwnerSearchOptions options = {})
      : search((g_now = 1000 * kNanosPerSecond, sockets), holders, processes, fake_clock, options) {}

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

AttributionRequest request(uint8_t protocol, Initiator initiator) {
  AttributionRequest one;
  one.flow = {1, 1};
  one.tuple = {kServer, kPeer, protocol};
  one.initiator = initiator;
  return one;
}
SocketRecord record(uint32_t inode, SocketState state, bool connected = true) {
  SocketRecord one;
  one.local = kServer;
  if (connected) one.remote = kPeer;
  one.inode = inode;
  one.state = state;
  one.protocol = IPPROTO_TCP;
  return one;
}
SocketAnswer found(const SocketRecord& one) {
  return {LookupStatus::kFound, 0, one};
}
Holder holder(uint32_t pid) {
  return {{pid, pid * 10}, 3, "seen"};
}

TEST("a socket with one holder is that process, described before it is credited, and once only") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  const Verdict verdict = world.ask(request(IPPROTO_TCP, Initiator::kLocal));
  CHECK_EQ(verdict.process.pid, 42u);
  CHECK_EQ(verdict.quality, MatchQuality::kExact);
  CHECK(verdict.final);
  world.ask(request(IPPROTO_TCP, Initiator::kLocal));
  CHECK_EQ(world.infos.size(), 1u);
  CHECK_EQ(world.processes.reads, 1);
}

TEST("a first holder is provisional until a whole pass has found no second one") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  world.holders.complete = false;
  const AttributionRequest one = request(IPPROTO_TCP, Initiator::kLocal);
  world.search.submit(std::span(&one, 1));
  auto verdicts = world.work();
  CHECK_EQ(verdicts.size(), 1u);
  CHECK_EQ(verdicts[0].process.pid, 42u);
  CHECK(!verdicts[0].final);
  world.holders.world[7] = {holder(42), holder(43)};
  world.holders.publish(7);
  verdicts = world.work();
  CHECK_EQ(verdicts.size(), 1u);
  CHECK_EQ(verdicts[0].reason, Reason::kSharedSocket);
  CHECK(!verdicts[0].process);
}

TEST("a shared socket goes to the holder that is left when the other has closed it") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42), holder(43)};
  const AttributionRequest one = request(IPPROTO_TCP, Initiator::kRemote);
  world.search.submit(std::span(&one, 1));
  CHECK_EQ(world.work()[0].reason, Reason::kSharedSocket);
  world.holders.world[7] = {holder(43)};
  const Verdict verdict = world.settle();
  CHECK_EQ(verdict.process.pid, 43u);
  CHECK(verdict.final);
}

TEST("a socket that stays shared is unattributed for good, after its retries") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42), holder(43)};
  const int64_t start = g_now + 1;
  const Verdict verdict = world.ask(request(IPPROTO_TCP, Initiator::kRemote));
  CHECK_EQ(verdict.reason, Reason::kSharedSocket);
  CHECK(verdict.final);
  CHECK_EQ(g_now - start, 1310 * kNanosPerMilli);
}

TEST("a connection without a file is the listener's process, provisionally, and the acceptor's in the end") {
  World world;
  world.sockets.answer = found(record(0, SocketState::kSynReceived));
  world.sockets.tables[TableScope::kListeners] = {record(5, SocketState::kListen, false)};
  world.holders.world[5] = {holder(42)};
  world.holders.world[7] = {holder(99)};
  const AttributionRequest one = request(IPPROTO_TCP, Initiator::kRemote);
  world.search.submit(std::span(&one, 1));
  const auto verdicts = world.work();
  CHECK_EQ(verdicts.size(), 1u);
  CHECK_EQ(verdicts[0].process.pid, 42u);
  CHECK_EQ(verdicts[0].quality, MatchQuality::kListener);
  CHECK(!verdicts[0].final);
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  const Verdict last = world.settle();
  CHECK_EQ(last.process.pid, 99u);
  CHECK_EQ(last.quality, MatchQuality::kExact);
}

TEST("a connection that was never accepted stays the listener's, after five looks") {
  World world;
  world.sockets.answer = found(record(5, SocketState::kListen, false));
  world.holders.world[5] = {holder(42)};
  const Verdict verdict = world.ask(request(IPPROTO_TCP, Initiator::kRemote));
  CHECK_EQ(verdict.process.pid, 42u);
  CHECK_EQ(verdict.quality, MatchQuality::kListener);
  CHECK(verdict.final);
  CHECK_EQ(world.sockets.lookups, 5u);
}

TEST("a listener that answers for a connection a local process began is not its owner") {
  World world;
  world.sockets.answer = found(record(5, SocketState::kListen, false));
  world.holders.world[5] = {holder(42)};
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kClosedBeforeSeen);
}

TEST("listeners in a group of several processes name none of them") {
  World world;
  world.sockets.answer = found(record(0, SocketState::kSynReceived));
  world.sockets.tables[TableScope::kListeners] = {record(5, SocketState::kListen, false),
                                                  record(6, SocketState::kListen, false)};
  world.holders.world[5] = {holder(42)};
  world.holders.world[6] = {holder(43)};
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kSeveralCandidates);
}

TEST("TIME_WAIT: a local connection was closed before it was seen, a served one is the listener's, at once") {
  World world;
  world.sockets.answer = found(record(0, SocketState::kTimeWait));
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kClosedBeforeSeen);
  world.sockets.tables[TableScope::kListeners] = {record(5, SocketState::kListen, false)};
  world.holders.world[5] = {holder(42)};
  const size_t before = world.sockets.lookups;
  g_now += kNanosPerSecond;
  const Verdict verdict = world.ask(request(IPPROTO_TCP, Initiator::kRemote));
  CHECK_EQ(verdict.process.pid, 42u);
  CHECK_EQ(verdict.quality, MatchQuality::kListener);
  CHECK_EQ(world.sockets.lookups, before + 1);
}

TEST("no socket: what the far end began hit a closed port and is remembered for a second") {
  World world;
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kClosedPort);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kClosedPort);
  CHECK_EQ(world.sockets.lookups, 1u);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kClosedBeforeSeen);
  CHECK_EQ(world.sockets.lookups, 2u);
  g_now += kNanosPerSecond;
  world.ask(request(IPPROTO_TCP, Initiator::kRemote));
  CHECK_EQ(world.sockets.lookups, 3u);
}

TEST("a socket without a holder is the kernel's if root's and all is visible, else its holder is not visible") {
  World world;
  SocketRecord one = record(7, SocketState::kEstablished);
  world.sockets.answer = found(one);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kKernelSocket);
  CHECK(world.holders.refreshes >= 1);
  one.inode = 8;
  one.uid = 1000;
  world.sockets.answer = found(one);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kHolderUnknown);
  world.holders.visible = false;
  world.sockets.answer = found(record(9, SocketState::kEstablished));
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kHolderUnknown);
}

TEST("a holder that was seen stays the owner when the socket closes before the pass has ended") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  world.holders.complete = false;
  const AttributionRequest one = request(IPPROTO_TCP, Initiator::kLocal);
  world.search.submit(std::span(&one, 1));
  world.work();
  world.sockets.answer = {LookupStatus::kNone, 0, {}};
  world.holders.world[7] = {};
  world.holders.complete = true;
  world.holders.publish(7);
  const Verdict verdict = world.settle();
  CHECK_EQ(verdict.process.pid, 42u);
  CHECK(verdict.final);
}

TEST("UDP from an unconnected socket is sure only if no other process shares the port") {
  World world;
  SocketRecord ours = record(7, SocketState::kClose, false);
  SocketRecord theirs = record(8, SocketState::kClose, false);
  world.sockets.answer = found(ours);
  world.sockets.tables[TableScope::kUdp] = {ours, theirs};
  world.holders.world[7] = {holder(42)};
  world.holders.world[8] = {holder(43)};
  CHECK_EQ(world.ask(request(IPPROTO_UDP, Initiator::kLocal)).reason, Reason::kSeveralCandidates);
  const Verdict received = world.ask(request(IPPROTO_UDP, Initiator::kRemote));
  CHECK_EQ(received.process.pid, 42u);
  CHECK_EQ(received.quality, MatchQuality::kWildcard);
  world.holders.world[8] = {holder(42)};
  world.holders.publish(8);
  CHECK_EQ(world.ask(request(IPPROTO_UDP, Initiator::kLocal)).process.pid, 42u);
}

TEST("multicast is its one receiver's, nobody's among several, and not joined without any") {
  World world;
  AttributionRequest one = request(IPPROTO_UDP, Initiator::kRemote);
  one.tuple.local.address = IpAddress::v4(0xe00000fb);
  CHECK_EQ(world.ask(one).reason, Reason::kMulticast);
  SocketRecord any = record(7, SocketState::kClose, false);
  any.local.address = IpAddress::v4(0);
  world.sockets.tables[TableScope::kUdp] = {any};
  world.holders.world[7] = {holder(42)};
  CHECK_EQ(world.ask(one).quality, MatchQuality::kRelaxed);
  any.inode = 8;
  world.sockets.tables[TableScope::kUdp].push_back(any);
  world.holders.world[8] = {holder(43)};
  CHECK_EQ(world.ask(one).reason, Reason::kSeveralCandidates);
  CHECK_EQ(world.sockets.lookups, 0u);
}

TEST("an owner that still holds the socket is confirmed without a search, a new holder replaces it") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  AttributionRequest again = request(IPPROTO_TCP, Initiator::kRemote);
  again.revalidate = true;
  again.current_owner = holder(42).process;
  again.current_quality = MatchQuality::kExact;
  CHECK_EQ(world.ask(again).process.pid, 42u);
  CHECK(world.holders.asked.empty());
  world.holders.world[7] = {holder(43)};
  CHECK_EQ(world.ask(again).process.pid, 43u);
}

TEST("the last packets of a connection stay with an owner that has ended, a closed port does not") {
  World world;
  AttributionRequest again = request(IPPROTO_TCP, Initiator::kLocal);
  again.revalidate = true;
  again.current_owner = holder(42).process;
  again.current_quality = MatchQuality::kExact;
  world.processes.dead = holder(42).process;
  world.sockets.answer = found(record(0, SocketState::kFinWait1));
  CHECK_EQ(world.ask(again).process.pid, 42u);
  world.sockets.answer = {LookupStatus::kNone, 0, {}};
  CHECK_EQ(world.ask(again).reason, Reason::kClosedBeforeSeen);
  world.processes.dead = {};
  CHECK_EQ(world.ask(again).process.pid, 42u);
}

TEST("the kernel keeps what it answers itself, and raw sockets own what only they can have sent") {
  World world;
  AttributionRequest one = request(IPPROTO_ICMP, Initiator::kRemote);
  one.icmp_type = 8;
  CHECK_EQ(world.ask(one).reason, Reason::kIcmp);
  one.icmp_type = 3;
  one.initiator = Initiator::kLocal;
  CHECK_EQ(world.ask(one).reason, Reason::kIcmp);
  one.icmp_type = 8;
  CHECK_EQ(world.ask(one).reason, Reason::kClosedBeforeSeen);
  AttributionRequest discovery = request(IPPROTO_ICMPV6, Initiator::kLocal);
  discovery.icmp_type = 135;
  CHECK_EQ(world.ask(discovery).reason, Reason::kNeighbour);
  CHECK_EQ(world.ask(request(IPPROTO_IGMP, Initiator::kLocal)).reason, Reason::kIgmp);
  CHECK_EQ(world.ask(request(IPPROTO_GRE, Initiator::kLocal)).reason, Reason::kKernelProtocol);
  SocketRecord raw = record(7, SocketState::kClose, false);
  raw.kind = SocketKind::kRaw;
  raw.protocol = IPPROTO_GRE;
  raw.local = {IpAddress::v4(0), 0};
  world.sockets.tables[TableScope::kRaw] = {raw};
  world.holders.world[7] = {holder(42)};
  const Verdict verdict = world.ask(request(IPPROTO_GRE, Initiator::kLocal));
  CHECK_EQ(verdict.process.pid, 42u);
  CHECK_EQ(verdict.quality, MatchQuality::kRelaxed);
}

TEST("tables that cannot be read give that as the reason; a protocol that the kernel lacks has no socket") {
  World world;
  world.sockets.has_exact = false;
  world.sockets.available = false;
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kLookupUnavailable);
  CHECK_EQ(world.ask(request(IPPROTO_SCTP, Initiator::kRemote)).reason, Reason::kClosedPort);
}

TEST("without exact lookups the listings answer as they would") {
  World world;
  world.sockets.has_exact = false;
  world.sockets.tables[TableScope::kStreams] = {record(7, SocketState::kEstablished)};
  world.holders.world[7] = {holder(42)};
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).process.pid, 42u);
  AttributionRequest other = request(IPPROTO_TCP, Initiator::kRemote);
  other.tuple.remote.port = 50001;
  CHECK_EQ(world.ask(other).reason, Reason::kClosedPort);
  CHECK_EQ(world.sockets.lookups, 0u);
}

TEST("a lookup that fails is tried again, and given up after a while") {
  World world;
  world.sockets.answer = {LookupStatus::kFailed, ENOBUFS, {}};
  const Verdict verdict = world.ask(request(IPPROTO_TCP, Initiator::kLocal));
  CHECK_EQ(verdict.reason, Reason::kLookupUnavailable);
  CHECK_EQ(world.sockets.lookups, 5u);
}

TEST("in a flood, local questions are looked up first and one listing answers the rest") {
  World world({.lookups_per_second = 1000});
  world.sockets.tables[TableScope::kStreams] = {record(7, SocketState::kEstablished)};
  world.holders.world[7] = {holder(42)};
  std::vector<AttributionRequest> flood(5000, request(IPPROTO_TCP, Initiator::kRemote));
  for (uint32_t i = 0; i < flood.size(); ++i) {
    flood[i].flow = {i + 10, 1};
    flood[i].tuple.local.port = static_cast<uint16_t>(1000 + i);
  }
  flood[4000].tuple = request(IPPROTO_TCP, Initiator::kRemote).tuple;  // the one real connection
  AttributionRequest own = request(IPPROTO_TCP, Initiator::kLocal);
  own.tuple.local.port = 60999;
  flood.push_back(own);
  world.search.submit(flood);
  bool own_answered = false;
  size_t closed = 0;
  uint32_t real_owner = 0;
  for (int i = 0; i < 10; ++i) {
    for (const Verdict& verdict : world.work()) {
      own_answered = own_answered || (verdict.flow.index == 1 && verdict.final);
      closed += verdict.reason == Reason::kClosedPort ? 1 : 0;
      if (verdict.flow.index == 4010) real_owner = verdict.process.pid;
    }
    if (i == 0) CHECK(own_answered);
    g_now = std::max(g_now, std::min(world.search.next_deadline(), g_now + kNanosPerSecond));
  }
  CHECK_EQ(closed, 4999u);
  CHECK_EQ(real_owner, 42u);
  CHECK(world.sockets.lookups <= 101);
  CHECK(world.sockets.listings <= 2);
  AttributionStats stats;
  world.search.count(stats);
  CHECK(stats.lookups_deferred >= 4800);
  CHECK_EQ(stats.queue_length, 0u);
}

TEST("a full queue drops the oldest question of the far end, with the reason, and keeps the local ones") {
  World world({.question_limit = 3});
  std::vector<AttributionRequest> requests;
  for (uint32_t i = 1; i <= 5; ++i) {
    requests.push_back(request(IPPROTO_TCP, i == 1 ? Initiator::kLocal : Initiator::kRemote));
    requests.back().flow = {i, 1};
  }
  world.search.submit(requests);
  std::map<uint32_t, Reason> reasons;
  for (const Verdict& verdict : world.work()) reasons[verdict.flow.index] = verdict.reason;
  CHECK_EQ(reasons.size(), 5u);
  CHECK_EQ(reasons[1], Reason::kClosedBeforeSeen);
  CHECK_EQ(reasons[2], Reason::kLookupLimit);
  CHECK_EQ(reasons[3], Reason::kLookupLimit);
  CHECK_EQ(reasons[5], Reason::kClosedPort);
}

TEST("a forgotten flow gets no answer, and nothing is left to do") {
  World world;
  const AttributionRequest one = request(IPPROTO_TCP, Initiator::kLocal);
  world.search.submit(std::span(&one, 1));
  world.search.forget(one.flow);
  CHECK(world.work().empty());
  CHECK_EQ(world.search.next_deadline(), INT64_MAX);
}

TEST("an exec under the same pid is told within seconds") {
  World world;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  world.ask(request(IPPROTO_TCP, Initiator::kLocal));
  world.processes.name = "exec'd";
  world.work(kNanosPerSecond);
  CHECK_EQ(world.infos.size(), 2u);
  CHECK_EQ(world.infos[1].name, "exec'd");
}

TEST("a process that ended before it could be described is credited under the name that was seen") {
  World world;
  world.processes.dead = holder(42).process;
  world.sockets.answer = found(record(7, SocketState::kEstablished));
  world.holders.world[7] = {holder(42)};
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).process.pid, 42u);
  CHECK_EQ(world.infos[0].name, "seen");
}

}  // namespace
