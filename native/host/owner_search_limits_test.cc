// Owns: tests of datagrams, kernel protocols, confirmed owners, floods and full queues in OwnerSearch.
// Knows nothing of: netlink and /proc.
#include <netinet/in.h>

#include <cerrno>
#include <map>

#include "native/dev/test.h"
#include "native/host/invented_world.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

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
  CHECK_EQ(world.ask(request(IPPROTO_GRE, Initiator::kLocal)).reason, Reason::kGre);
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
