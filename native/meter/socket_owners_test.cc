// Tests: which process a tuple belongs to, while its socket is there and for a while after.
#include "native/meter/socket_owners.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "native/dev/test.h"

using namespace nettrace;

namespace {

constexpr uint32_t kHere = 1;
constexpr uint32_t kContainer = 2;
constexpr int64_t kSecond = 1'000'000'000;
const IpAddress kLocal = IpAddress::v4(0x0a000001);
const IpAddress kFar = IpAddress::v4(0x0a000002);

FiveTuple tcp(uint16_t local, uint16_t remote) {
  return {{kLocal, local}, {kFar, remote}, IPPROTO_TCP};
}

MeteredSocket socket_of(uint64_t cookie, const FiveTuple& tuple, uint32_t netns = kHere) {
  MeteredSocket socket;
  socket.cookie = cookie;
  socket.tuple = tuple;
  socket.netns = netns;
  socket.family = AF_INET;
  socket.type = SOCK_STREAM;
  return socket;
}

MeteredProcess process(uint32_t pid) {
  MeteredProcess owner;
  owner.key = {pid, pid};
  return owner;
}

uint32_t pid_of(const OwnerAnswer& answer) {
  return answer.kind == OwnerAnswer::Kind::kOne ? answer.owner.process.pid : 0;
}

}  // namespace

TEST("a closed socket's tuple stays its owner's until a new socket has it, and no longer than the linger time") {
  SocketOwners owners;
  owners.own(socket_of(1, tcp(1000, 80)), process(7), 0);
  owners.close(socket_of(1, tcp(1000, 80)), kSecond);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(1000, 80))), 7u);
  owners.own(socket_of(2, tcp(1000, 80)), process(8), 2 * kSecond);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(1000, 80))), 8u);
  owners.close(socket_of(2, tcp(1000, 80)), 3 * kSecond);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(1000, 80))), 8u);
  owners.expire(3 * kSecond + SocketOwners::kLinger);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(1000, 80))), 0u);
  CHECK_EQ(owners.lingering_sockets(), size_t{0});
}

TEST("a socket bound to a port alone does not have an address that is none of this host's") {
  SocketOwners owners;
  const FiveTuple flow{{kFar, 53}, {kLocal, 4000}, IPPROTO_UDP};
  owners.own(socket_of(1, {{IpAddress::v4(0), 53}, {}, IPPROTO_UDP}), process(7), 0);
  CHECK_EQ(pid_of(owners.find(kHere, flow)), 7u);
  CHECK_EQ(pid_of(owners.find_at(kHere, flow)), 0u);
  owners.own(socket_of(2, {{kFar, 53}, {IpAddress::v4(0), 0}, IPPROTO_UDP}), process(8), 0);
  CHECK_EQ(pid_of(owners.find_at(kHere, flow)), 8u);
  CHECK(!owners.find_at(kHere, flow).connected);
  owners.own(socket_of(3, flow), process(9), 0);
  CHECK_EQ(pid_of(owners.find_at(kHere, flow)), 9u);
  CHECK(owners.find_at(kHere, flow).connected);
  CHECK_EQ(pid_of(owners.find_at(kContainer, flow)), 0u);
}

TEST("a bound port answers for whoever has no socket of its own; an IPv6 one for IPv4 too") {
  SocketOwners owners;
  FiveTuple any{{IpAddress(), 53}, {}, IPPROTO_UDP};
  owners.own(socket_of(1, any), process(7), 0);
  const FiveTuple query{{kLocal, 53}, {kFar, 9999}, IPPROTO_UDP};
  CHECK_EQ(pid_of(owners.find(kHere, query)), 7u);
  CHECK(!owners.find(kHere, query).connected);
  owners.own(socket_of(2, query), process(8), 0);
  CHECK_EQ(pid_of(owners.find(kHere, query)), 8u);
  CHECK(owners.find(kHere, query).connected);
  CHECK_EQ(pid_of(owners.find(kHere, {{kLocal, 54}, {kFar, 9999}, IPPROTO_UDP})), 0u);
}

TEST("two processes with open sockets at one port are not told apart by the tuple") {
  SocketOwners owners;
  const FiveTuple any{{IpAddress::v4(0), 53}, {IpAddress::v4(0), 0}, IPPROTO_UDP};
  owners.own(socket_of(1, any), process(7), 0);
  owners.own(socket_of(2, any), process(8), 0);
  const FiveTuple query{{kLocal, 53}, {kFar, 9999}, IPPROTO_UDP};
  CHECK(owners.find(kHere, query).kind == OwnerAnswer::Kind::kSeveral);
  owners.close(socket_of(1, any), 1);
  CHECK_EQ(pid_of(owners.find(kHere, query)), 8u);
}

TEST("namespaces are kept apart") {
  SocketOwners owners;
  owners.own(socket_of(1, tcp(1000, 80), kContainer), process(7), 0);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(1000, 80))), 0u);
  CHECK_EQ(pid_of(owners.find_elsewhere(kHere, tcp(1000, 80))), 7u);
  CHECK_EQ(pid_of(owners.find_elsewhere(kContainer, tcp(1000, 80))), 0u);
}

TEST("a socket that connects leaves its old tuple behind") {
  SocketOwners owners;
  const FiveTuple bound{{kLocal, 1000}, {IpAddress::v4(0), 0}, IPPROTO_UDP};
  FiveTuple connected = tcp(1000, 53);
  connected.protocol = IPPROTO_UDP;
  owners.own(socket_of(1, bound), process(7), 0);
  owners.own(socket_of(1, connected), process(7), 1);
  CHECK_EQ(owners.open_sockets(), size_t{1});
  CHECK(owners.find(kHere, connected).connected);
}

TEST("the tuple of a raw socket's packet is remembered beside the socket's own") {
  SocketOwners owners;
  const FiveTuple own{{IpAddress::v4(0), 0}, {IpAddress::v4(0), 0}, IPPROTO_ICMP};
  owners.own(socket_of(1, own), process(7), 0);
  owners.own(socket_of(2, own), process(8), 0);
  MeteredSocket sent = socket_of(2, {{kLocal, 77}, {kFar, 77}, IPPROTO_ICMP});
  sent.datagram_tuple = true;
  owners.own(sent, process(8), 1);
  CHECK_EQ(pid_of(owners.find(kHere, {{kLocal, 77}, {kFar, 77}, IPPROTO_ICMP})), 8u);
  CHECK_EQ(owners.open_sockets(), size_t{2});
}

TEST("closed sockets are bounded: the first to close is forgotten first") {
  SocketOwners owners;
  for (uint32_t i = 0; i < SocketOwners::kMostLingering + 10; ++i) {
    FiveTuple tuple = tcp(static_cast<uint16_t>(i & 0xffff), static_cast<uint16_t>(1 + (i >> 16)));
    owners.own(socket_of(i + 1, tuple), process(7), 0);
    owners.close(socket_of(i + 1, tuple), 1);
  }
  CHECK_EQ(owners.lingering_sockets(), SocketOwners::kMostLingering);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(0, 1))), 0u);
  CHECK_EQ(pid_of(owners.find(kHere, tcp(10, 1))), 7u);
}
