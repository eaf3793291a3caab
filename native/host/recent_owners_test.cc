// Owns: tests of the memory of sockets that may be gone, and of the search that asks it.
// Knows nothing of: how sockets are seen.
#include "native/host/recent_owners.h"

#include "native/dev/test.h"
#include "native/host/invented_world.h"

namespace nettrace {
namespace {

const Endpoint kNear{IpAddress::v4(0x0a000001), 40'000};
const Endpoint kFar{IpAddress::v4(0x0a000002), 443};
constexpr ProcessKey kFirst{42, 420}, kSecond{43, 430};
constexpr int64_t kNow = 5 * kNanosPerSecond;

SocketRecord socket(uint8_t protocol, const Endpoint& local, const Endpoint& remote = {}) {
  SocketRecord one;
  one.protocol = protocol;
  one.local = local;
  one.remote = remote;
  return one;
}
const FiveTuple kStream{kNear, kFar, IPPROTO_TCP};

}  // namespace

TEST("a connection that was seen is its process's for half a second") {
  RecentOwners owners;
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kFirst, kNow);
  const auto found = owners.find(kStream, kNow, kNow + RecentOwners::kLife);
  CHECK(found && found->process == kFirst && found->quality == MatchQuality::kExact);
  CHECK(!owners.find(kStream, kNow, kNow + RecentOwners::kLife + 1));
  FiveTuple other = kStream;
  other.remote.port = 80;
  CHECK(!owners.find(other, kNow, kNow));
}

TEST("a socket that two processes were seen with is nobody's") {
  RecentOwners owners;
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kFirst, kNow);
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kSecond, kNow + 1);
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kSecond, kNow + 2);
  CHECK(!owners.find(kStream, kNow, kNow + 3));
  // Long after, it is another socket.
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kFirst, kNow + 10 * kNanosPerSecond);
  CHECK(owners.find(kStream, kNow, kNow + 10 * kNanosPerSecond));
}

TEST("an unconnected datagram socket is found by its port; a connection is not") {
  RecentOwners owners;
  owners.saw(socket(IPPROTO_UDP, {IpAddress{}, 41'000}), kFirst, kNow);
  owners.saw(socket(IPPROTO_TCP, {IpAddress{}, 41'001}), kFirst, kNow);
  const auto found = owners.find({{kNear.address, 41'000}, kFar, IPPROTO_UDP}, kNow, kNow);
  CHECK(found && found->process == kFirst && found->quality == MatchQuality::kWildcard);
  CHECK(!owners.find({{kNear.address, 41'001}, kFar, IPPROTO_TCP}, kNow, kNow));
}

TEST("a port that was asked for may be another process's at once: it is not kept") {
  RecentOwners owners({32'768, 60'999});
  owners.saw(socket(IPPROTO_UDP, {IpAddress{}, 53}), kFirst, kNow);
  owners.saw(socket(IPPROTO_TCP, {kNear.address, 2000}, kFar), kFirst, kNow);
  owners.saw(socket(IPPROTO_UDP, {IpAddress{}, 0}), kFirst, kNow);
  CHECK_EQ(owners.size(), 0U);
  owners.saw(socket(IPPROTO_TCP, {kNear.address, 80}, {kFar.address, 50'000}), kFirst, kNow);
  CHECK_EQ(owners.size(), 1U);
}

TEST("what begins after a process has ended is not its own, though it has the ports of its socket") {
  RecentOwners owners;
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kFirst, kNow);
  owners.ended(kFirst.pid, kNow + 100);
  CHECK(owners.find(kStream, kNow + 100, kNow + 300));
  CHECK(!owners.find(kStream, kNow + 101, kNow + 300));
  // Another process with the same number.
  owners.began(kFirst.pid);
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), {kFirst.pid, 421}, kNow + 2 * RecentOwners::kLife);
  CHECK(owners.find(kStream, kNow + 2 * RecentOwners::kLife, kNow + 2 * RecentOwners::kLife));
}

TEST("the memory of sockets has a bound") {
  RecentOwners owners;
  for (uint32_t i = 0; i < 20'000; ++i) {
    owners.saw(socket(IPPROTO_TCP, {IpAddress::v4(i), 40'000}, kFar), kFirst, kNow);
  }
  const size_t full = owners.size();
  CHECK(full < 10'000);
  owners.saw(socket(IPPROTO_TCP, kNear, kFar), kFirst, kNow + kNanosPerSecond);
  CHECK_EQ(owners.size(), 1U);
}

TEST("a connection that is gone when it is asked for is the process's that was seen with it") {
  RecentOwners owners;
  test::World world({}, &owners);
  SocketRecord seen = test::record(7, SocketState::kEstablished);
  seen.local.port = 40'000;
  AttributionRequest asked = test::request(IPPROTO_TCP, Initiator::kLocal);
  asked.tuple.local.port = 40'000;
  CHECK_EQ(world.ask(asked).reason, Reason::kClosedBeforeSeen);
  owners.saw(seen, kFirst, test::g_now);
  const Verdict verdict = world.ask(asked);
  CHECK(verdict.final && verdict.process == kFirst && verdict.quality == MatchQuality::kExact);
  CHECK_EQ(world.infos.size(), 1U);  // it was described before it was credited
  // Whoever has an owner already is not given another one by memory.
  asked.revalidate = true;
  asked.current_owner = kSecond;
  world.processes.dead = kSecond;
  CHECK_EQ(world.ask(asked).reason, Reason::kClosedBeforeSeen);
}

}  // namespace nettrace
