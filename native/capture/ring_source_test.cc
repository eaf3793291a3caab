// Owns: that the own ring counts what is on the wire, with segmentation offload on and off, in tunnels and with tags.
// Knows nothing of: what holds for libpcap too (live_source_test.cc).
#include "native/capture/ring_source.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/udp.h>

#include <vector>

#include "native/capture/frame_sums_fixture.h"
#include "native/capture/interfaces.h"
#include "native/capture/packet_socket.h"
#include "native/capture/virtio_header.h"
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"
#include "native/dev/test_pair.h"

namespace nettrace {
namespace {

using test::read_all;
using test::Seen;
using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr uint64_t kBulk = 20'000'000;
constexpr const char* kTun = "/dev/net/tun";
constexpr const char* kNoRight = "no right to make a network namespace";

std::unique_ptr<FrameSource> open_on(const char* device, const char* filter = "") {
  auto source = open_ring({.device = device, .ring_bytes = 32 * 1024 * 1024, .timeout_ms = 20, .filter = filter});
  if (!source) test::fail(__FILE__, __LINE__, source.error().detail + std::to_string(source.error().number));
  return source ? std::move(source).value() : nullptr;
}

/// The kernel's own counters of a device, as what was counted since `before`.
test::Sums kernel_counters(const char* device, const test::Sums& before = {}) {
  const auto monitor = InterfaceMonitor::open();
  CHECK(monitor.ok());
  if (!monitor) return {};
  for (const Interface& one : monitor.value()->interfaces()) {
    const InterfaceCounters& now = one.counters;
    if (one.name == device) return test::Sums{now.rx_bytes, now.tx_bytes, now.rx_packets, now.tx_packets} - before;
  }
  return {};
}

bool within(uint64_t actual, uint64_t expected, double tolerance) {
  const double error = (static_cast<double>(actual) - static_cast<double>(expected)) / static_cast<double>(expected);
  if (error <= tolerance && -error <= tolerance) return true;
  test::fail(__FILE__, __LINE__, "got " + std::to_string(actual) + ", expected about " + std::to_string(expected));
  return false;
}

void furnish(test::Network& network) {
  test::without_ipv6();
  network.add_pair("left", "right");
}
void start(test::Network& network, const char* device, uint32_t address) {
  network.add_address(device, address, 24);
  network.set_up(device, true);
}

/// 20 MB up and down between two namespaces; `how` sets the offloads of each end.
void bulk(bool offload) {
  test::Network network;
  furnish(network);
  const auto configure = [&](test::Network& where, const char* device, uint32_t address) {
    test::set_offload(device, ETHTOOL_STSO, offload);
    start(where, device, address);
  };
  const test::Peer peer(network, true, kBulk, [&](test::Network& inner) { configure(inner, "right", 0x0a090002); });
  configure(network, "left", 0x0a090001);
  const test::Sums before = kernel_counters("left");
  const auto source = open_on("left");
  if (!source) return;
  const test::StreamTruth truth = peer.exchange("10.9.0.2", kBulk, 14);
  const Seen seen = read_all(*source);
  const test::Sums kernel = kernel_counters("left", before);
  // veth counts super-frames, as the tap does; without offload it counts what is on the wire.
  CHECK(seen.tapped == kernel);
  if (!offload) CHECK(seen.wire == kernel);
  if (offload) CHECK(seen.tapped.sent_bytes < truth.sent_bytes - truth.sent_bytes / 50);
  CHECK(within(seen.wire.sent_bytes, truth.sent_bytes, 0.001));
  CHECK(within(seen.wire.received_bytes, truth.received_bytes, 0.001));
  CHECK(within(seen.wire.sent_packets, truth.sent_packets, 0.001));
  CHECK(within(seen.wire.received_packets, truth.received_packets, 0.001));
}

void datagrams() {
  test::Network network;
  furnish(network);
  const test::Peer peer(network, true, 0, [&](test::Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  peer.exchange("10.9.0.2", 0, 14);  // each end knows the other's address then, and few frames wait for that
  const auto source = open_on("left", "udp");
  if (!source) return;
  constexpr int kFrames = 50;
  constexpr uint16_t kSegment = 1200;
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const int size = kSegment;
  CHECK_EQ(setsockopt(fd.get(), IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), 0);
  const auto to = test::address_of("10.9.0.2", test::kDatagramPort);
  const std::string data(11'700, 'x');  // nine segments and three quarters
  for (int i = 0; i < kFrames; ++i) {
    CHECK_EQ(sendto(fd.get(), data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), 11'700);
  }
  const Seen seen = read_all(*source);
  CHECK(seen.wire == (test::Sums{0, kFrames * (11'700 + 10 * 42), 0, kFrames * 10}));
  CHECK(seen.tapped == (test::Sums{0, kFrames * (11'700 + 42), 0, kFrames}));
}

void tunnel() {
  constexpr uint64_t kBytes = 5'000'000;
  constexpr uint32_t kOuter = 14 + 20 + 8 + 8;
  test::Network network;
  furnish(network);
  const auto configure = [](test::Network& where, const char* device, uint32_t own, uint32_t other, uint32_t inner) {
    start(where, device, own);
    where.add_vxlan("tunnel", __builtin_bswap32(own), __builtin_bswap32(other));
    start(where, "tunnel", inner);
  };
  const test::Peer peer(network, true, kBytes,
                        [&](test::Network& inside) { configure(inside, "right", 0x0a090002, 0x0a090001, 0x0a0a0002); });
  configure(network, "left", 0x0a090001, 0x0a090002, 0x0a0a0001);
  const auto outer = open_on("left", "udp port 4789");
  const auto inner = open_on("tunnel", "tcp");
  if (!outer || !inner) return;
  const test::StreamTruth truth = peer.exchange("10.10.0.2", kBytes, 14);
  const Seen inside = read_all(*inner);
  const Seen outside = read_all(*outer);
  CHECK(within(inside.wire.sent_bytes, truth.sent_bytes, 0.001));
  // Outside there are two ARP frames each way besides, and nothing else.
  CHECK(within(outside.wire.sent_bytes, truth.sent_bytes + truth.sent_packets * kOuter, 0.001));
  CHECK(within(outside.wire.received_bytes, truth.received_bytes + truth.received_packets * kOuter, 0.001));
  CHECK(outside.tapped.sent_packets * 2 < outside.wire.sent_packets);  // it was offloaded
}

void loopback() {
  test::Network network;
  test::without_ipv6();
  network.set_up("lo", true);
  const test::Peer peer(network, false, kBulk, [](test::Network&) {});
  const test::Sums before = kernel_counters("lo");
  const auto source = open_on("lo");
  if (!source) return;
  const test::StreamTruth truth = peer.exchange("127.0.0.1", kBulk, 14);
  const Seen seen = read_all(*source);
  const test::Sums kernel = kernel_counters("lo", before);
  CHECK_EQ(seen.wire.sent_packets, 0U);  // each frame once, as an incoming one
  CHECK(within(seen.wire.received_bytes, truth.sent_bytes + truth.received_bytes, 0.001));
  // Its own counters are without the link header of each frame.
  CHECK_EQ(seen.tapped.received_packets, kernel.received_packets);
  CHECK_EQ(seen.tapped.received_bytes, kernel.received_bytes + 14 * kernel.received_packets);
}

/// Sends frames as they are, with a virtio header before each.
class Injector {
 public:
  explicit Injector(const char* device) : fd_(::socket(AF_PACKET, SOCK_RAW, 0)) {
    const int on = 1;
    CHECK_EQ(setsockopt(fd_.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on), 0);
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(if_nametoindex(device));
    CHECK_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  void send(const Packet& frame, const VirtioHeader& how = {}) const {
    const auto* start = reinterpret_cast<const uint8_t*>(&how);
    const Packet whole = Packet(start, start + sizeof how) + frame;
    CHECK_EQ(::write(fd_.get(), whole.data(), whole.size()), static_cast<ssize_t>(whole.size()));
  }

 private:
  UniqueFd fd_;
};

void tags() {
  test::Network network;
  furnish(network);
  network.set_up("left", true);
  network.set_up("right", true);
  const auto sender = open_on("left");
  const auto receiver = open_on("right");
  const auto chosen = open_on("right", "vlan 5 and udp");
  const auto other = open_on("right", "vlan 6");
  if (!sender || !receiver || !chosen || !other) return;
  const test::Sums before = kernel_counters("right");
  const Injector injector("left");
  injector.send(ethernet(0x8100, tag(5, 0x0800, ipv4(17, udp(1, 2, filler(100))))));
  // The kernel takes the tag out of what it receives, and leaves it in what it sends.
  const VirtioHeader how{VirtioHeader::kNeedsChecksum, VirtioHeader::kTcp4, 58, 1000, 38, 16};
  injector.send(ethernet(0x8100, tag(5, 0x0800, ipv4(6, tcp(1, 2, filler(4500))))), how);
  const test::Sums wire{0, 146 + 4500 + 5 * 58, 0, 6};
  const Seen sent = read_all(*sender);
  CHECK(sent.wire == wire);
  CHECK(sent.tapped == (test::Sums{0, 146 + 4558, 0, 2}));
  const Seen received = read_all(*receiver);
  CHECK(received.wire == (test::Sums{wire.sent_bytes, 0, wire.sent_packets, 0}));
  CHECK(received.tapped == (test::Sums{142 + 4554, 0, 2, 0}));
  CHECK_EQ(received.packets.size(), 2U);
  for (const PacketView& packet : received.packets) {
    CHECK_EQ(packet.vlan_id, 5);
    CHECK_EQ(packet.destination_port, 2);
  }
  CHECK_EQ(read_all(*chosen).tapped.received_packets, 1U);
  CHECK_EQ(read_all(*other).tapped.received_packets, 0U);
  CHECK_EQ(kernel_counters("right", before).received_packets, 2U);
}

/// A tun (IP packets) or tap (Ethernet) device whose other end is this program.
UniqueFd open_tun(test::Network& network, const char* name, short flags) {
  UniqueFd fd(::open(kTun, O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  request.ifr_flags = static_cast<short>(flags | IFF_NO_PI);
  CHECK_EQ(::ioctl(fd.get(), TUNSETIFF, &request), 0);
  network.set_up(name, true);
  return fd;
}

void without_link() {
  test::Network network;
  test::without_ipv6();
  const UniqueFd tun = open_tun(network, "tun7", IFF_TUN);
  const auto source = open_on("tun7");
  const auto filtered = open_on("tun7", "udp dst port 7");
  if (!source || !filtered) return;
  for (const Packet& packet : {ipv4(17, udp(1, 7, filler(50))), ipv6(6, tcp(1, 2, filler(9)))}) {
    CHECK_EQ(::write(tun.get(), packet.data(), packet.size()), static_cast<ssize_t>(packet.size()));
  }
  const Seen seen = read_all(*source);
  CHECK(seen.wire == (test::Sums{78 + 69, 0, 2, 0}));
  CHECK_EQ(seen.packets.size(), 2U);
  CHECK(seen.packets.size() == 2 && seen.packets[0].destination_port == 7 && seen.packets[1].ip_version == 6);
  CHECK_EQ(read_all(*filtered).wire.received_bytes, 78U);
}

void segmentation_without_a_name() {
  test::Network network;
  test::without_ipv6();
  const UniqueFd tap = open_tun(network, "tap7", IFF_TAP | IFF_VNET_HDR);
  const auto source = open_on("tap7");
  if (!source) return;
  constexpr uint8_t kFragments = 3;  // VIRTIO_NET_HDR_GSO_UDP: what a guest may send and a packet socket cannot say
  const VirtioHeader how{VirtioHeader::kNeedsChecksum, kFragments, 42, 1480, 34, 6};
  const auto* header = reinterpret_cast<const uint8_t*>(&how);
  const Packet large = Packet(header, header + sizeof how) + ethernet(0x0800, ipv4(17, udp(1, 7, filler(4000))));
  const Packet small = Packet(sizeof how, 0) + ethernet(0x0800, ipv4(17, udp(1, 8, filler(40))));
  for (const Packet* packet : {&small, &large, &small, &large, &small}) {
    CHECK_EQ(::write(tap.get(), packet->data(), packet->size()), static_cast<ssize_t>(packet->size()));
  }
  const Seen seen = read_all(*source, 2);
  CHECK_EQ(seen.wire.received_packets, 3U);
  for (const PacketView& packet : seen.packets) CHECK_EQ(packet.destination_port, 8);
}

}  // namespace

TEST("with segmentation offload the ring counts the segments that TCP says it sent and received") {
  if (!test::in_own_network([] { bulk(true); })) SKIP(kNoRight);
}

TEST("without segmentation offload the ring, the device's counters and TCP agree") {
  if (!test::in_own_network([] { bulk(false); })) SKIP(kNoRight);
}

TEST("a datagram that is sent in segments (UDP_SEGMENT) counts as its segments") {
  if (!test::in_own_network(&datagrams)) SKIP(kNoRight);
}

TEST("in a tunnel all headers of every segment are counted, the outer ones too") {
  if (!test::in_own_network(&tunnel)) SKIP(kNoRight);
}

TEST("on loopback the 64 KiB segments of TCP are counted once, as TCP says") {
  if (!test::in_own_network(&loopback)) SKIP(kNoRight);
}

TEST("a VLAN tag is seen, counted and filtered by, whether the kernel took it out or not") {
  if (!test::in_own_network(&tags)) SKIP(kNoRight);
}

TEST("packets of a tun device, which has no link header, are read and filtered from the IP header on") {
  if (::access(kTun, W_OK) != 0) SKIP("no tun driver");
  if (!test::in_own_network(&without_link)) SKIP(kNoRight);
}

TEST("super-frames that the virtio header cannot name are counted as dropped, and disturb nothing") {
  if (::access(kTun, W_OK) != 0) SKIP("no tun driver");
  if (!test::in_own_network(&segmentation_without_a_name)) SKIP(kNoRight);
}

TEST("the ring knows Ethernet, loopback and links without a header; the rest is libpcap's") {
  CHECK(ring_format(1, "x").ok() && ring_format(1, "x").value().link_type == 1 && ring_format(1, "x").value().has_link);
  CHECK(ring_format(772, "x").value().loopback);
  for (const uint16_t raw : {0xfffe, 519, 768, 769, 776, 778, 823, 512}) {
    CHECK(ring_format(raw, "x").ok() && ring_format(raw, "x").value().link_type == 12);
    CHECK(!ring_format(raw, "x").value().has_link);
  }
  for (const uint16_t other : {803, 824, 280, 32, 513, 0xffff}) {
    const auto format = ring_format(other, "eth7");
    CHECK(!format && format.error().code == ErrorCode::kLinkTypeUnknown && format.error().subject == "eth7");
  }
}

}  // namespace nettrace
