// Owns: that the table of counter units is true: the kernel's counters against the frames that a packet socket sees.
// Knows nothing of: hardware, and kinds that only some kernels have.
#include "native/capture/counter_units.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/udp.h>
#include <poll.h>

#include <functional>
#include <vector>

#include "native/capture/frame_sums_fixture.h"
#include "native/capture/interfaces.h"
#include "native/capture/ring_source.h"
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"
#include "native/dev/test_pair.h"

namespace nettrace {
namespace {

using test::read_all;
using test::Seen;
using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr uint64_t kBulk = 2'000'000;
constexpr uint32_t kHere = 0x0a090001, kThere = 0x0a090002;
constexpr const char* kNoRight = "no right to make a network namespace";

Interface device(const char* name) {
  const auto monitor = InterfaceMonitor::open();
  for (const Interface& one : monitor.value()->interfaces()) {
    if (one.name == name) return one;
  }
  test::fail(__FILE__, __LINE__, std::string("no device ") + name);
  return {};
}

/// What the units make of the frames is what the device counted, to the byte.
void compare(const Interface& before, const Interface& after, const Seen& seen, const CounterUnits& units) {
  const InterfaceCounters &first = before.counters, &last = after.counters;
  const test::Sums& received = units.segments_received ? seen.wire : seen.tapped;
  const test::Sums& sent = units.segments_sent ? seen.wire : seen.tapped;
  CHECK_EQ(last.rx_packets - first.rx_packets, received.received_packets);
  CHECK_EQ(last.rx_bytes - first.rx_bytes,
           received.received_bytes - units.omitted_received * received.received_packets);
  if (before.loopback) return;  // each frame is tapped once, as an incoming one
  CHECK_EQ(last.tx_packets - first.tx_packets, sent.sent_packets);
  CHECK_EQ(last.tx_bytes - first.tx_bytes, sent.sent_bytes - units.omitted_sent * sent.sent_packets);
}

/// 2 MB of TCP each way, which makes super-frames, while `name` is tapped.
void exchange(const test::Peer& peer, const char* name, const char* address) {
  auto source = open_ring({.device = name, .ring_bytes = 16 * 1024 * 1024, .timeout_ms = 20, .filter = ""});
  CHECK(source.ok());
  if (!source) return;
  const Interface before = device(name);
  peer.exchange(address, kBulk, 14);
  const Seen seen = read_all(*source.value());
  if (!before.loopback) CHECK(seen.tapped.packets() * 2 < seen.wire.packets());  // there were super-frames
  compare(before, device(name), seen, counter_units(before.kind, {}, before.loopback));
}

void start(test::Network& network, const char* name, uint32_t address) {
  network.add_address(name, address, 24);
  network.set_up(name, true);
}

/// A device over `left`, or `left` itself; the other end of the pair is in the peer's namespace.
struct Arrangement {
  const char* kind;
  const char* name;  ///< the device that is measured
  std::function<bool(test::Network&)> make;
  const char* peer_address = "10.9.0.2";
  bool tunnel = false;
};

void measure(const Arrangement& how) {
  test::without_ipv6();
  test::Network network;
  network.add_pair("left", "right");
  const test::Peer peer(network, true, kBulk, [&](test::Network& inner) {
    start(inner, "right", kThere);
    if (!how.tunnel) return;
    inner.add_vxlan("tunnel", __builtin_bswap32(kThere), __builtin_bswap32(kHere));
    start(inner, "tunnel", 0x0a0a0002);
  });
  CHECK(how.make(network));
  CHECK_EQ(device(how.name).kind, std::string(how.kind));
  const bool is_port = std::string_view(how.kind) == "bridge";
  CHECK_EQ(device("left").port_kind, std::string(is_port ? "bridge" : ""));
  exchange(peer, how.name, how.peer_address);
}

const std::vector<Arrangement>& arrangements() {
  static const std::vector<Arrangement> all{
      {"veth", "left",
       [](test::Network& network) {
         start(network, "left", kHere);
         return true;
       }},
      {"bridge", "br0",
       [](test::Network& network) {
         if (!network.add_device("br0", "bridge")) return false;
         network.make_port("left", "br0");
         network.set_up("left", true);
         start(network, "br0", kHere);
         return true;
       }},
      {"macvlan", "mv0",
       [](test::Network& network) {
         network.set_up("left", true);
         if (!network.add_device("mv0", "macvlan", "left")) return false;
         start(network, "mv0", kHere);
         return true;
       }},
      {"vxlan", "tunnel",
       [](test::Network& network) {
         start(network, "left", kHere);
         network.add_vxlan("tunnel", __builtin_bswap32(kHere), __builtin_bswap32(kThere));
         start(network, "tunnel", 0x0a0a0001);
         return true;
       },
       "10.10.0.2", true},
  };
  return all;
}

void measure_loopback() {
  test::without_ipv6();
  test::Network network;
  network.set_up("lo", true);
  const test::Peer peer(network, false, kBulk, [](test::Network&) {});
  exchange(peer, "lo", "127.0.0.1");
}

/// Three frames in by the program that holds the device, and three datagrams out.
void measure_tun(short flags) {
  test::without_ipv6();
  test::Network network;
  const UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "t0");
  request.ifr_flags = static_cast<short>(flags | IFF_NO_PI);
  CHECK_EQ(::ioctl(fd.get(), TUNSETIFF, &request), 0);
  start(network, "t0", kHere);
  auto source = open_ring({.device = "t0", .ring_bytes = 1 << 20, .timeout_ms = 20, .filter = ""});
  CHECK(source.ok());
  if (!source) return;
  const Interface before = device("t0");
  CHECK_EQ(before.kind, std::string("tun"));
  const Packet packet = ipv4(17, udp(1, 7, filler(50)));
  const Packet frame = (flags & IFF_TAP) != 0 ? ethernet(0x0800, packet) : packet;
  const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM, 0));
  const int broadcast = 1;
  CHECK_EQ(setsockopt(sender.get(), SOL_SOCKET, SO_BROADCAST, &broadcast, sizeof broadcast), 0);
  const auto to = test::address_of("10.9.0.255", 9);  // no ARP before it
  std::array<char, 2048> data{};
  for (int i = 0; i < 3; ++i) {
    CHECK_EQ(::write(fd.get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
    CHECK_EQ(::sendto(sender.get(), data.data(), 100, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), 100);
    CHECK(::read(fd.get(), data.data(), data.size()) > 0);  // it counts as sent when it is taken
  }
  const Seen seen = read_all(*source.value());
  CHECK_EQ(seen.wire.packets(), 6U);
  compare(before, device("t0"), seen, counter_units("tun", {}, false));
}

}  // namespace

TEST("the counters of virtual devices count what the table says, to the byte") {
  for (const Arrangement& how : arrangements()) {
    const int failures = test::failures_of_case();
    if (!test::in_own_network([&] { measure(how); })) SKIP(kNoRight);
    if (test::failures_of_case() > failures) std::printf("    that was %s\n", how.kind);
  }
}

TEST("loopback counts super-frames without their link header") {
  if (!test::in_own_network(&measure_loopback)) SKIP(kNoRight);
}

TEST("tun and tap count whole frames") {
  if (::access("/dev/net/tun", W_OK) != 0) SKIP("no tun driver");
  for (const short flags : {IFF_TUN, IFF_TAP}) {
    if (!test::in_own_network([flags] { measure_tun(flags); })) SKIP(kNoRight);
  }
}

TEST("a device of hardware has a driver") {
  const auto interfaces = list_interfaces();
  CHECK(interfaces.ok());
  bool any = false;
  for (const Interface& one : interfaces.value()) {
    const bool hardware = ::access(("/sys/class/net/" + one.name + "/device/driver").c_str(), F_OK) == 0;
    if (hardware) CHECK(one.kind.empty() && !one.driver.empty());
    any = any || hardware;
  }
  if (!any) SKIP("no hardware device here");
}

TEST("what is in no table counts as hardware does: segments, with their link header") {
  CHECK(counter_units({}, "ixgbe", false) == (CounterUnits{true, true, 0, 0, true}));
  CHECK(counter_units("something new", "virtio_net", false) == CounterUnits{});
  CHECK(!counter_units({}, "virtio_net", false).segments_sent);
  CHECK(counter_units({}, "r8169", false).segments_received && !counter_units({}, "r8169", false).segments_sent);
}

}  // namespace nettrace
