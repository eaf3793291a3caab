// Owns: that two rings show the same frames as a packet socket alone, byte for byte, in the order of time.
// Knows nothing of: what frames mean.
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/udp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <algorithm>
#include <initializer_list>

#include "native/capture/interfaces.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"
#include "native/dev/test_pair.h"
#include "native/tap/tapped_fixture.h"

namespace nettrace {
namespace {

using test::Copied, test::Frames, test::Network, test::Pair, test::furnish, test::keep, test::options_of,
    test::read_frames, test::send_datagram, test::start, test::there;
using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr const char* kNoRight = "no right to make a network namespace";
constexpr const char* kNoTap = "the program does not load here (it needs root and a newer kernel)";
constexpr const char* kTun = "/dev/net/tun";

/// Runs it in a network namespace of its own; where that cannot be, the test is skipped with the reason.
void run_tapped(void (*body)()) {
  static const bool loads = EgressTap::open().ok();
  if (!loads) SKIP(kNoTap);
  if (!test::in_own_network(body)) SKIP(kNoRight);
}

/// Afterwards both ends know each other's address, and nothing is on its way.
void meet(const test::Peer& peer) {
  peer.exchange("10.9.0.2", 1, 14);
}

void bulk() {
  constexpr uint64_t kBytes = 20'000'000;
  Network network;
  furnish(network);
  const test::Peer peer(network, true, kBytes, [](Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  Pair pair("left");
  peer.exchange("10.9.0.2", kBytes, 14);
  const Frames frames = pair.compare();
  CHECK(frames.sent.size() > 300);
  CHECK(std::ranges::any_of(frames.sent, [](const Copied& one) { return one.kind == Segmentation::Kind::kTcp; }));
}

void small_and_segmented() {
  Network network;
  furnish(network);
  const test::Peer peer(network, true, 0, [](Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  meet(peer);
  Pair pair("left");
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  for (const int size : {10, 100, 1200}) {
    CHECK_EQ(setsockopt(fd.get(), IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size), 0);
    const auto to = there();
    const std::string data(static_cast<size_t>(size) * 5 + 3, 'x');
    CHECK_EQ(::sendto(fd.get(), data.data(), data.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
             static_cast<ssize_t>(data.size()));
  }
  // Around the sizes at which the program changes its way.
  for (size_t size = 0; size < 140; ++size) send_datagram(filler(size));
  for (const size_t size : {1472, 1473, 9000}) send_datagram(filler(size));  // fragments
  CHECK(pair.compare().sent.size() >= 140 + 3 + 1 + 2 + 7);
}

/// Payload that lies in pages beside the headers.
void send_from_file(const Packet& payload) {
  const UniqueFd file(::memfd_create("hello", 0));
  CHECK_EQ(::write(file.get(), payload.data(), payload.size()), static_cast<ssize_t>(payload.size()));
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
  const auto to = there(test::kStreamPort);
  CHECK_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  off_t offset = 0;
  CHECK_EQ(::sendfile(fd.get(), file.get(), &offset, payload.size()), static_cast<ssize_t>(payload.size()));
  shutdown(fd.get(), SHUT_WR);
  char rest = 0;
  while (::read(fd.get(), &rest, 1) > 0) {
  }
}

void names() {
  Network network;
  furnish(network);
  const test::Peer peer(network, true, 0, [](Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  meet(peer);
  Pair pair("left");
  const Packet hello = be8(22) + be16(0x0303) + be16(1400) + be8(1) + filler(1394);
  send_from_file(hello);
  send_from_file(filler(1400));
  send_datagram(filler(900), 53);
  send_datagram(be8(0xc0) + be32(1) + filler(1195), 443);
  send_datagram(be8(0xc0) + be32(2) + filler(1195), 443);
  send_datagram(filler(5000), 53);  // the first fragment would need all others
  const Frames frames = pair.compare();
  size_t whole = 0;
  for (const Copied& one : frames.sent) whole += one.bytes.size() > 800 ? 1 : 0;
  CHECK_EQ(whole, 3U);
}

/// Sends a frame of each size with a tag in it.
void send_tagged(const char* device, std::initializer_list<size_t> sizes) {
  const UniqueFd fd(::socket(AF_PACKET, SOCK_RAW, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(if_nametoindex(device));
  CHECK_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  for (const size_t size : sizes) {
    const Packet frame = ethernet(0x8100, tag(5, 0x0800, ipv4(17, udp(1, 2, filler(size)))));
    CHECK_EQ(::write(fd.get(), frame.data(), frame.size()), static_cast<ssize_t>(frame.size()));
  }
}

void tags() {
  Network network;
  furnish(network);
  network.set_up("left", true);
  network.set_up("right", true);
  Pair pair("left");
  send_tagged("left", {20, 60, 500});
  CHECK_EQ(pair.compare().sent.size(), 3U);
}

/// The kernel takes a tag out where a frame comes in, and a bridge sends it on with the tag beside it.
void tags_beside() {
  Network network;
  furnish(network);
  network.add_pair("outside", "port");
  CHECK(network.add_device("br0", "bridge"));
  for (const char* port : {"port", "left"}) network.make_port(port, "br0");
  for (const char* device : {"outside", "port", "left", "right", "br0"}) network.set_up(device, true);
  Pair pair("left");
  send_tagged("outside", {0, 25, 26, 27, 30, 82, 85, 86, 87, 90, 500});
  const Frames frames = pair.compare();
  // Beside those the bridge may have something to say itself.
  CHECK_EQ(std::ranges::count(frames.sent, 4, &Copied::inserted), 11);
}

void tunnel() {
  constexpr uint64_t kBytes = 2'000'000;
  Network network;
  furnish(network);
  const auto configure = [](Network& where, const char* device, uint32_t own, uint32_t other, uint32_t inner) {
    start(where, device, own);
    where.add_vxlan("tunnel", __builtin_bswap32(own), __builtin_bswap32(other));
    start(where, "tunnel", inner);
  };
  const test::Peer peer(network, true, kBytes,
                        [&](Network& inside) { configure(inside, "right", 0x0a090002, 0x0a090001, 0x0a0a0002); });
  configure(network, "left", 0x0a090001, 0x0a090002, 0x0a0a0001);
  Pair outer("left");
  Pair inner("tunnel");
  peer.exchange("10.10.0.2", kBytes, 14);
  inner.compare();
  outer.compare();
}

void without_link() {
  Network network;
  test::without_ipv6();
  const UniqueFd tun(::open(kTun, O_RDWR | O_CLOEXEC));
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "tun7");
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  CHECK_EQ(::ioctl(tun.get(), TUNSETIFF, &request), 0);
  start(network, "tun7", 0x0a090001);
  Pair pair("tun7");
  for (const size_t size : {0, 30, 44, 45, 100, 1000}) send_datagram(filler(size));
  send_datagram(filler(900), 53);
  const Packet packet = ipv4(17, udp(1, 7, filler(50)));
  CHECK_EQ(::write(tun.get(), packet.data(), packet.size()), static_cast<ssize_t>(packet.size()));
  const Frames frames = pair.compare();
  CHECK_EQ(frames.sent.size(), 7U);
  CHECK_EQ(frames.received.size(), 1U);
}

/// By the device's own counters: it drops what finds the queue of its other end full, after it was seen.
uint64_t sent_by(const char* device) {
  const auto monitor = InterfaceMonitor::open();
  CHECK(monitor.ok());
  if (!monitor) return 0;
  for (const Interface& one : monitor.value()->interfaces()) {
    if (one.name == device) return one.counters.tx_packets + one.counters.tx_dropped;
  }
  return 0;
}

/// Nobody reads: what finds no room is counted, and what found some is there.
void overflow() {
  constexpr size_t kFrames = 40'000;
  Network network;
  furnish(network);
  const test::Peer peer(network, true, 0, [](Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  meet(peer);
  auto tap = EgressTap::open();
  LiveOptions options = options_of("left");
  options.ring_bytes = 4 * 1024 * 1024;
  auto source = open_tapped(options, tap.value());
  CHECK(source.ok());
  if (!source) return;
  const uint64_t before = sent_by("left");
  for (size_t i = 0; i < kFrames; ++i) send_datagram(filler(22));
  const Frames frames = read_frames(*source.value());
  CHECK(source.value()->loss().kernel_drops > 0);
  CHECK_EQ(frames.sent.size() + source.value()->loss().kernel_drops, sent_by("left") - before);
  send_datagram(filler(23));
  CHECK_EQ(read_frames(*source.value()).sent.size(), 1U);
}

/// The frames that come with the first one that leaves, and how often the reader was woken for it.
Frames await_sent(FrameSource& source, int& wakes) {
  Frames frames;
  for (wakes = 0; frames.sent.empty() && wakes < 10; ++wakes) {
    pollfd one{source.ready_fd(), POLLIN, 0};
    CHECK_EQ(::poll(&one, 1, 30'000), 1);
    CHECK(source.read(256, &keep, &frames).ok());
  }
  return frames;
}

/// One frame after silence wakes the reader; it is handed over when nothing older can come in any more.
void silence() {
  Network network;
  furnish(network);
  const test::Peer peer(network, true, 0, [](Network& inner) { start(inner, "right", 0x0a090002); });
  start(network, "left", 0x0a090001);
  auto tap = EgressTap::open();
  auto source = open_tapped(options_of("left"), tap.value());
  CHECK(source.ok());
  if (!source) return;
  // The first datagram waits for the neighbour's address, which may be asked for a second time.
  send_datagram(filler(1));
  int wakes = 0;
  for (bool arrived = false; !arrived && wakes < 10;) {
    const Frames frames = await_sent(*source.value(), wakes);
    arrived = std::ranges::any_of(frames.sent, [](const Copied& one) { return one.length == 43; });
  }
  CHECK(read_frames(*source.value()).sent.empty());
  for (int round = 0; round < 3; ++round) {
    send_datagram(filler(40));
    CHECK_EQ(await_sent(*source.value(), wakes).sent.size(), 1U);
    CHECK(wakes <= 3);
    CHECK(read_frames(*source.value()).sent.empty());
  }
}

}  // namespace

TEST("two rings show TCP in both directions as a packet socket does, super-frames and all, in the order of time") {
  run_tapped(&bulk);
}

TEST("datagrams of every small size, in segments and in fragments, are shown as a packet socket shows them") {
  run_tapped(&small_and_segmented);
}

TEST("more is kept of what may name a host, also where the payload lies in pages of its own") {
  run_tapped(&names);
}

TEST("a VLAN tag that leaves is shown where it is on the wire, whether the kernel keeps it in the frame or beside it") {
  run_tapped(&tags);
  run_tapped(&tags_beside);
}

TEST("inside and outside a tunnel two rings show the same as a packet socket") {
  run_tapped(&tunnel);
}

TEST("what leaves by a device without link header is shown from the IP header on") {
  if (::access(kTun, W_OK) != 0) SKIP("no tun driver");
  run_tapped(&without_link);
}

TEST("frames that leave while the ring is full are counted as lost, and none is counted twice") {
  run_tapped(&overflow);
}

TEST("a frame after silence wakes the reader, a few times at most") {
  run_tapped(&silence);
}

TEST("loopback, a filter and a long snaplen are left to the packet socket") {
  run_tapped([] {
    Network network;
    network.set_up("lo", true);
    network.add_pair("left", "right");
    network.set_up("left", true);
    auto tap = EgressTap::open();
    LiveOptions filtered = options_of("left"), wide = options_of("left");
    filtered.filter = "tcp";
    wide.snaplen = 1500;
    for (const LiveOptions& one : {options_of("lo"), filtered, wide}) {
      const auto source = open_tapped(one, tap.value());
      CHECK(!source.ok() && source.error().code == ErrorCode::kMeterUnsupported);
    }
    CHECK(open_tapped(options_of("left"), tap.value()).ok());
  });
}

}  // namespace nettrace
