// Owns: tests of the NAT table: the wire format on crafted bytes, and a router with nftables between two namespaces.
// Knows nothing of: interfaces and flows.
#include "native/host/conntrack.h"

#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <net/route.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <random>

#include "native/dev/test.h"
#include "native/dev/test_pair.h"
#include "native/host/availability.h"
#include "native/host/conntrack_message.h"
#include "native/host/live_fixture.h"
#include "native/host/proc_fixture.h"

namespace nettrace {
namespace {

using test::Socket;

ProcRoot proc() {
  return std::move(ProcRoot::open("/proc")).value();
}

/// A network namespace that this thread can go into and come back from; sockets stay where they were made.
class Host {
 public:
  Host() : space_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {}
  static Host make() {
    const Host here;
    CHECK_EQ(unshare(CLONE_NEWNET), 0);
    Host made;
    here.enter();
    return made;
  }
  void enter() const { CHECK_EQ(setns(space_.get(), CLONE_NEWNET), 0); }
  int fd() const { return space_.get(); }

 private:
  UniqueFd space_;
};

void furnish_inner(const Host& host, const char* device) {
  const Host here;
  host.enter();
  test::without_ipv6();
  test::Network network;
  network.set_up("lo", true);
  network.add_address(device, 0x0a090102, 24);
  network.set_up(device, true);
  rtentry route{};
  reinterpret_cast<sockaddr_in&>(route.rt_dst).sin_family = AF_INET;
  reinterpret_cast<sockaddr_in&>(route.rt_genmask).sin_family = AF_INET;
  reinterpret_cast<sockaddr_in&>(route.rt_gateway) = test::address_of("10.9.1.1", 0);
  route.rt_flags = RTF_UP | RTF_GATEWAY;
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  CHECK_EQ(::ioctl(fd.get(), SIOCADDRT, &route), 0);
  here.enter();
}

void furnish_far(const Host& host, const char* device) {
  const Host here;
  host.enter();
  test::without_ipv6();
  test::Network network;
  network.set_up("lo", true);
  network.add_address(device, 0x0a090202, 24);
  network.set_up(device, true);
  here.enter();
}

constexpr const char* kRules = R"(table ip nat {
  chain out {
    type nat hook postrouting priority 100;
    ip saddr 10.9.1.0/24 ip protocol { tcp, udp } masquerade to :40000-40999
    ip saddr 10.9.1.0/24 masquerade
  }
  chain in {
    type nat hook prerouting priority -100;
    iifname "out" tcp dport 8080 dnat to 10.9.1.2:80
  }
})";

bool load_rules(const char* command = "nft -f - 2>/dev/null") {
  FILE* nft = popen(command, "w");
  if (nft == nullptr) return false;
  std::fputs(kRules, nft);
  return pclose(nft) == 0;
}

/// This namespace routes between `inner` (10.9.1.2) and `far` (10.9.2.2), which knows nothing of 10.9.1.0/24.
struct Router {
  Host here;
  Host inner = Host::make();
  Host far = Host::make();
  bool translates = false;

  Router() {
    test::without_ipv6();
    test::Network network;
    network.add_pair("in", "c0");
    network.add_pair("out", "f0");
    network.move_to("c0", inner.fd());
    network.move_to("f0", far.fd());
    network.add_address("in", 0x0a090101, 24);
    network.add_address("out", 0x0a090201, 24);
    network.set_up("in", true);
    network.set_up("out", true);
    std::ofstream("/proc/sys/net/ipv4/ip_forward") << "1\n";
    furnish_inner(inner, "c0");
    furnish_far(far, "f0");
    translates = load_rules();
  }

  /// A listener or a datagram socket in `host`.
  Socket serve(const Host& host, const char* address, uint16_t port, int type) const {
    host.enter();
    Socket socket{UniqueFd(::socket(AF_INET, type, 0))};
    const auto local = test::address_of(address, port);
    CHECK_EQ(::bind(socket.fd.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local), 0);
    if (type == SOCK_STREAM) CHECK_EQ(::listen(socket.fd.get(), 4), 0);
    here.enter();
    return socket;
  }
  Socket reach(const Host& host, const char* address, uint16_t port, int type) const {
    host.enter();
    Socket socket{UniqueFd(::socket(AF_INET, type, 0))};
    const auto remote = test::address_of(address, port);
    CHECK_EQ(::connect(socket.fd.get(), reinterpret_cast<const sockaddr*>(&remote), sizeof remote), 0);
    here.enter();
    return socket;
  }
};

FiveTuple tuple_of(const Endpoint& local, const Endpoint& remote, uint8_t protocol) {
  return {local, remote, protocol};
}
FiveTuple tuple_of(const Socket& socket, uint8_t protocol) {
  return {test::local_of(socket), test::remote_of(socket), protocol};
}
std::string text(const FiveTuple& tuple) {
  const auto end = [](const Endpoint& one) { return one.address.text() + ":" + std::to_string(one.port); };
  return end(tuple.local) + " " + end(tuple.remote) + " " + std::to_string(tuple.protocol);
}

/// Seen outside it is inside, and the other way round.
void check_both_ways(Conntrack& nat, const FiveTuple& outside, const FiveTuple& inside, Initiator initiator) {
  const bool begun_inside = initiator == Initiator::kLocal;
  const auto in = nat.look_up(outside, NatSide::kOutside, initiator);
  CHECK(in.ok() && in.value());
  if (!in || !in.value()) return;
  CHECK_EQ(text(in.value()->tuple), text(inside));
  CHECK_EQ(in.value()->begun_inside, begun_inside);
  const auto out = nat.look_up(inside, NatSide::kInside, initiator);
  CHECK(out.ok() && out.value());
  if (!out || !out.value()) return;
  CHECK_EQ(text(out.value()->tuple), text(outside));
  CHECK_EQ(out.value()->begun_inside, begun_inside);
}

void masqueraded_stream(const Router& router, Conntrack& nat) {
  const Socket server = router.serve(router.far, "10.9.2.2", 443, SOCK_STREAM);
  const Socket client = router.reach(router.inner, "10.9.2.2", 443, SOCK_STREAM);
  const Socket accepted = test::accept_from(server);
  const Endpoint outside = test::remote_of(accepted);
  CHECK_EQ(outside.address.text(), std::string("10.9.2.1"));
  CHECK(outside.port >= 40'000 && outside.port < 41'000);
  const FiveTuple inside = tuple_of(client, IPPROTO_TCP);
  check_both_ways(nat, tuple_of(outside, test::local_of(accepted), IPPROTO_TCP), inside, Initiator::kLocal);
  // Seen from the wrong side it is no connection at all.
  CHECK(!nat.look_up(inside, NatSide::kOutside).value());
}

void masqueraded_datagram(const Router& router, Conntrack& nat) {
  const Socket server = router.serve(router.far, "10.9.2.2", 53, SOCK_DGRAM);
  const Socket client = router.reach(router.inner, "10.9.2.2", 53, SOCK_DGRAM);
  CHECK_EQ(::send(client.fd.get(), "query", 5, 0), 5);
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  char data[16];
  CHECK_EQ(::recvfrom(server.fd.get(), data, sizeof data, 0, reinterpret_cast<sockaddr*>(&from), &length), 5);
  const FiveTuple outside = tuple_of(test::endpoint_of(from), test::local_of(server), IPPROTO_UDP);
  check_both_ways(nat, outside, tuple_of(client, IPPROTO_UDP), Initiator::kLocal);
}

void masqueraded_echo(const Router& router, Conntrack& nat) {
  router.inner.enter();
  const UniqueFd raw(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  router.here.enter();
  icmphdr echo{};
  echo.type = ICMP_ECHO;
  echo.un.echo.id = htons(77);
  echo.checksum = static_cast<uint16_t>(~(htons(ICMP_ECHO << 8) + echo.un.echo.id));
  const auto to = test::address_of("10.9.2.2", 0);
  CHECK_EQ(::sendto(raw.get(), &echo, sizeof echo, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
           static_cast<ssize_t>(sizeof echo));
  test::wait_readable(raw.get());  // the answer
  const Endpoint near{IpAddress::v4(0x0a090102), 77};
  const Endpoint far{IpAddress::v4(0x0a090202), 77};
  const Endpoint uplink{IpAddress::v4(0x0a090201), 77};
  check_both_ways(nat, tuple_of(uplink, far, IPPROTO_ICMP), tuple_of(near, far, IPPROTO_ICMP), Initiator::kLocal);
}

void published_port(const Router& router, Conntrack& nat) {
  const Socket server = router.serve(router.inner, "10.9.1.2", 80, SOCK_STREAM);
  const Socket client = router.reach(router.far, "10.9.2.1", 8080, SOCK_STREAM);
  const Socket accepted = test::accept_from(server);
  const FiveTuple outside = tuple_of(test::remote_of(client), test::local_of(client), IPPROTO_TCP);
  check_both_ways(nat, outside, tuple_of(accepted, IPPROTO_TCP), Initiator::kRemote);
}

void not_translated(const Router& router, Conntrack& nat) {
  const Socket server = router.serve(router.far, "10.9.2.2", 444, SOCK_STREAM);
  const Socket client = router.reach(router.here, "10.9.2.2", 444, SOCK_STREAM);
  const auto tracked = nat.look_up(tuple_of(client, IPPROTO_TCP));
  CHECK(tracked.ok() && !tracked.value());
  FiveTuple unknown = tuple_of(client, IPPROTO_TCP);
  unknown.local.port = 9;
  const auto untracked = nat.look_up(unknown);
  CHECK(untracked.ok() && !untracked.value());
  unknown.protocol = IPPROTO_ESP;
  CHECK(nat.look_up(unknown).ok());
}

/// Why there can be no translation here, empty where it can.
std::string why_not() {
  if (!load_rules("unshare -n nft -f - 2>/dev/null")) return "nft cannot translate addresses here";
  const auto nat = Conntrack::open(proc());
  return nat ? "" : "no ctnetlink here";
}

template <void (*Body)(const Router&, Conntrack&)>
void on_router() {
  const Router router;
  CHECK(router.translates);
  auto nat = Conntrack::open(proc());
  CHECK(nat.ok());
  if (nat) Body(router, nat.value());
}

template <void (*Body)(const Router&, Conntrack&)>
void run_on_router() {
  const std::string reason = why_not();
  if (!reason.empty()) SKIP(reason);
  if (!test::in_own_network(&on_router<Body>)) SKIP("no right to make a network namespace");
}

std::vector<uint8_t> answer_of(const std::vector<uint8_t>& attributes) {
  nlmsghdr header{};
  header.nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;
  header.nlmsg_len = static_cast<uint32_t>(sizeof header + sizeof(nfgenmsg) + attributes.size());
  auto bytes = test::bytes_of(header);
  bytes.resize(bytes.size() + sizeof(nfgenmsg));
  bytes.insert(bytes.end(), attributes.begin(), attributes.end());
  return bytes;
}

/// What was asked for, as the kernel would say it: the tuple's attributes stand in a request as in an answer.
std::vector<uint8_t> attributes_of(const ConntrackTuple& tuple, uint16_t type) {
  NetlinkRequest request = conntrack_get_request(tuple);
  const auto whole = request.finish(1, 0).subspan(sizeof(nlmsghdr) + sizeof(nfgenmsg));
  std::vector<uint8_t> bytes(whole.begin(), whole.end());
  bytes[2] = static_cast<uint8_t>(type);
  return bytes;
}

std::optional<ConntrackEntry> parse(const std::vector<uint8_t>& bytes, size_t length) {
  const auto exact = std::make_unique<uint8_t[]>(length);  // a read past the end is seen by AddressSanitizer
  std::copy_n(bytes.begin(), length, exact.get());
  NetlinkMessages messages(Bytes(exact.get(), length));
  const auto message = messages.next();
  return message ? parse_conntrack_entry(*message) : std::nullopt;
}

ConntrackTuple v6_tuple() {
  ConntrackTuple tuple;
  for (size_t i = 0; i < 16; ++i) {
    tuple.source.address.bytes[i] = static_cast<uint8_t>(0x20 + i);
    tuple.destination.address.bytes[i] = static_cast<uint8_t>(0x40 + i);
  }
  tuple.source.port = 51'000;
  tuple.destination.port = 443;
  tuple.protocol = IPPROTO_TCP;
  return tuple;
}

}  // namespace

TEST("a masqueraded connection is the container's, seen from the uplink, and back") {
  run_on_router<&masqueraded_stream>();
}

TEST("a masqueraded datagram is the container's") {
  run_on_router<&masqueraded_datagram>();
}

TEST("a masqueraded echo request is found by its identifier") {
  run_on_router<&masqueraded_echo>();
}

TEST("a connection to a published port is the container's, begun by the client") {
  run_on_router<&published_port>();
}

TEST("a connection that nobody translates, and one that is not tracked, have no other side") {
  run_on_router<&not_translated>();
}

TEST("without connection tracking in the kernel nothing is asked, and nothing loaded") {
  const test::ProcFixture empty;
  auto none = Conntrack::open(ProcRoot::open(empty.path()).value());
  CHECK(!none && none.error().number == EOPNOTSUPP);
  CHECK(availability_of(none) == Availability::kNotSupported);
  const test::ProcFixture tracking;
  tracking.file("sys/net/netfilter/nf_conntrack_count", "3\n");
  tracking.file("modules", "nf_conntrack_netlinkx 1 0 - Live 0x0\nnf_conntrack 200704 1 nf_nat, Live 0x0\n");
  auto without_netlink = Conntrack::open(ProcRoot::open(tracking.path()).value());
  CHECK(!without_netlink && without_netlink.error().number == EOPNOTSUPP);
}

TEST("an entry is read with both its tuples, IPv6 and ICMP too") {
  const ConntrackTuple v6 = v6_tuple();
  ConntrackTuple echo;
  echo.source = {IpAddress::v4(0x0a000001), 7};
  echo.destination = {IpAddress::v4(0x0a000002), 7};
  echo.protocol = IPPROTO_ICMP;
  echo.icmp_type = 8;
  auto attributes = attributes_of(v6, CTA_TUPLE_REPLY);
  const auto original = attributes_of(echo, CTA_TUPLE_ORIG);
  attributes.insert(attributes.end(), original.begin(), original.end());
  const auto bytes = answer_of(attributes);
  const auto entry = parse(bytes, bytes.size());
  CHECK(entry && entry->original == echo && entry->reply == v6);
  const auto half = answer_of(original);
  CHECK(!parse(half, half.size()));
}

TEST("cut and damaged entries are read inside their bytes only") {
  auto attributes = attributes_of(v6_tuple(), CTA_TUPLE_ORIG);
  const auto reply = attributes_of(v6_tuple(), CTA_TUPLE_REPLY);
  attributes.insert(attributes.end(), reply.begin(), reply.end());
  const auto whole = answer_of(attributes);
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[sizeof(nlmsghdr) + random() % (bytes.size() - sizeof(nlmsghdr))] ^= random();
    const size_t length = sizeof(nlmsghdr) + random() % (bytes.size() - sizeof(nlmsghdr) + 1);
    const auto size = static_cast<uint32_t>(length);
    std::memcpy(bytes.data(), &size, sizeof size);
    parse(bytes, length);
  }
}

}  // namespace nettrace
