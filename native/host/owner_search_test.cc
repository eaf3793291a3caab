// Owns: tests of the life of a TCP question: holders, sharing, listeners, retries.
// Knows nothing of: netlink and /proc.
#include <netinet/in.h>

#include "native/dev/test.h"
#include "native/host/invented_world.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

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

TEST("no socket: what the far end began hit a closed port; the kernel is asked each time, since a server may start") {
  World world;
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kClosedPort);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kClosedPort);
  CHECK_EQ(world.sockets.lookups, 2u);
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kLocal)).reason, Reason::kClosedBeforeSeen);
  CHECK_EQ(world.sockets.lookups, 3u);
}

TEST("where many wait, a port that was closed a moment ago is not asked about again") {
  World world;
  CHECK_EQ(world.ask(request(IPPROTO_TCP, Initiator::kRemote)).reason, Reason::kClosedPort);
  const size_t before = world.sockets.lookups;
  std::vector<AttributionRequest> flood(450, request(IPPROTO_TCP, Initiator::kRemote));
  for (uint32_t i = 0; i < flood.size(); ++i) flood[i].flow.index = 100 + i;
  world.search.submit(flood);
  world.ask(request(IPPROTO_TCP, Initiator::kRemote));
  CHECK(world.sockets.lookups - before <= 256);
}

TEST("a socket of the kernel is named by its port, a UDP socket first by the tunnel device that has the port") {
  World world;
  SocketRecord one = record(7, SocketState::kEstablished);
  world.sockets.answer = found(one);
  AttributionRequest mount = request(IPPROTO_TCP, Initiator::kLocal);
  mount.tuple.remote.port = 2049;
  CHECK_EQ(world.ask(mount).reason, Reason::kNfs);
  one = record(8, SocketState::kClose, false);
  one.protocol = IPPROTO_UDP;
  world.sockets.answer = found(one);
  AttributionRequest outer = request(IPPROTO_UDP, Initiator::kRemote);
  CHECK_EQ(world.ask(outer).reason, Reason::kKernelSocket);
  world.sockets.tunnels[outer.tuple.local.port] = Reason::kWireguard;
  outer.tuple.remote.port = 4789;
  CHECK_EQ(world.ask(outer).reason, Reason::kWireguard);
}

TEST("a datagram without a socket is a tunnel's if a device sends to that port, or root's socket waits at the same") {
  World world;
  AttributionRequest outer = request(IPPROTO_UDP, Initiator::kLocal);
  outer.tuple.remote.port = 4444;
  CHECK_EQ(world.ask(outer).reason, Reason::kClosedBeforeSeen);
  world.sockets.tunnels[4444] = Reason::kGeneve;
  CHECK_EQ(world.ask(outer).reason, Reason::kGeneve);
  outer.tuple.remote.port = 4789;  // the device is in another namespace
  CHECK_EQ(world.ask(outer).reason, Reason::kClosedBeforeSeen);
  SocketRecord waits = record(9, SocketState::kClose, false);
  waits.protocol = IPPROTO_UDP;
  waits.local = {IpAddress::v4(0), 4789};
  waits.uid = 1000;
  world.sockets.tables[TableScope::kUdp] = {waits};
  CHECK_EQ(world.ask(outer).reason, Reason::kClosedBeforeSeen);
  waits.uid = 0;
  world.sockets.tables[TableScope::kUdp] = {waits};
  CHECK_EQ(world.ask(outer).reason, Reason::kVxlan);
  outer.initiator = Initiator::kRemote;
  CHECK_EQ(world.ask(outer).reason, Reason::kClosedPort);
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

}  // namespace
