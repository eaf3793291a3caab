// Owns: what holds for live capture however it is done: each test runs with libpcap and with the own ring.
// Knows nothing of: segmentation (ring_source_test.cc).
#include "native/capture/live_source.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/capture/filter.h"
#include "native/capture/ring_source.h"
#include "native/dev/test.h"
#include "native/dev/test_network.h"

namespace nettrace {
namespace {

constexpr int kPatienceMs = 30'000;

using Open = Result<std::unique_ptr<FrameSource>> (*)(const LiveOptions&);

struct Seen {
  size_t frames = 0;
  uint64_t wire_bytes = 0;
  size_t longest = 0;
  int64_t first_ns = 0;
};

void count(void* context, const Frame& frame) {
  auto& seen = *static_cast<Seen*>(context);
  ++seen.frames;
  seen.wire_bytes += frame.length;
  seen.longest = std::max(seen.longest, frame.bytes.size());
  if (seen.first_ns == 0) seen.first_ns = frame.timestamp_ns;
}

/// Two sockets on 127.0.0.1, so that no ICMP answers what nobody receives.
struct Sender {
  Sender() : out(::socket(AF_INET, SOCK_DGRAM, 0)), in(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_EQ(bind(in.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    socklen_t length = sizeof address;
    getsockname(in.get(), reinterpret_cast<sockaddr*>(&address), &length);
  }
  void send(size_t packets, size_t payload) {
    const std::string data(payload, 'x');
    for (size_t i = 0; i < packets; ++i) {
      const auto sent =
          sendto(out.get(), data.data(), data.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof address);
      CHECK_EQ(sent, static_cast<ssize_t>(payload));
    }
  }
  UniqueFd out;
  UniqueFd in;
  sockaddr_in address{};
};

/// Reads until `frames` have come or nothing comes any more.
void read_until(FrameSource& source, Seen& seen, size_t frames) {
  while (seen.frames < frames) {
    const auto read = source.read(64, &count, &seen);
    CHECK(read.ok());
    if (!read) return;
    if (read.value().frames > 0) continue;
    pollfd one{source.ready_fd(), POLLIN, 0};
    if (::poll(&one, 1, kPatienceMs) <= 0) return;
  }
}

void each_packet_once(Open open) {
  test::Network network;
  network.set_up("lo", true);
  auto opened = open({.device = "lo", .snaplen = 96, .timeout_ms = 20});
  CHECK(opened.ok());
  if (!opened) return;
  FrameSource& source = *opened.value();
  CHECK_EQ(source.link_type(), 1);
  Sender sender;
  const int64_t before = realtime_nanos();
  sender.send(1000, 200);
  sender.send(1, 1);  // marks the end
  Seen seen;
  read_until(source, seen, 1001);
  CHECK_EQ(seen.frames, 1001U);  // 2002 if the outgoing copies were there
  CHECK_EQ(seen.wire_bytes, 1000U * 242 + 43);
  CHECK_EQ(seen.longest, 96U);
  CHECK(seen.first_ns >= before - kNanosPerMilli && seen.first_ns <= realtime_nanos());
  CHECK_EQ(source.loss().kernel_drops, 0U);
  CHECK_EQ(source.read(64, &count, &seen).value().frames, 0U);  // does not wait
}

void losses_are_counted(Open open) {
  test::Network network;
  network.set_up("lo", true);
  auto opened = open({.device = "lo", .ring_bytes = 1024 * 1024, .timeout_ms = 20});
  CHECK(opened.ok());
  if (!opened) return;
  constexpr size_t kPackets = 20'000;
  Sender sender;
  sender.send(kPackets, 400);
  Seen seen;
  uint64_t dropped = opened.value()->loss().kernel_drops;
  CHECK(dropped > 0);
  read_until(*opened.value(), seen, kPackets - dropped);
  dropped = opened.value()->loss().kernel_drops;
  CHECK_EQ(opened.value()->loss().kernel_drops, dropped);  // cumulative: reading it does not clear it
  CHECK_EQ(seen.frames + dropped, kPackets);
}

void filters_in_the_kernel(Open open) {
  test::Network network;
  network.set_up("lo", true);
  const auto wrong = open({.device = "lo", .timeout_ms = 20, .filter = "udp port http and ("});
  CHECK(!wrong && wrong.error().code == ErrorCode::kFilterInvalid && !wrong.error().detail.empty());
  Sender sender;
  const std::string filter = "udp and greater 300 and dst port " + std::to_string(ntohs(sender.address.sin_port));
  auto opened = open({.device = "lo", .timeout_ms = 20, .filter = filter});
  CHECK(opened.ok());
  if (!opened) return;
  sender.send(50, 100);
  sender.send(7, 300);
  Seen seen;
  read_until(*opened.value(), seen, 7);
  CHECK_EQ(seen.wire_bytes, 7U * 342);
}

void devices_that_are_not_there(Open open) {
  const auto missing = open({.device = "nowhere0"});
  CHECK(!missing && missing.error().code == ErrorCode::kDeviceNotFound && missing.error().subject == "nowhere0");
  const auto down = open({.device = "lo"});
  CHECK(!down && down.error().code == ErrorCode::kDeviceDown);
  const auto too_long = open({.device = std::string(100, 'x')});
  CHECK(!too_long && too_long.error().code == ErrorCode::kDeviceNotFound);

  test::Network network;
  network.add_pair("left", "right");
  network.set_up("left", true);
  network.set_up("right", true);
  auto opened = open({.device = "left", .timeout_ms = 20});
  CHECK(opened.ok());
  if (!opened) return;
  FrameSource& source = *opened.value();
  const auto wait = [&] {
    pollfd one{source.ready_fd(), POLLIN, 0};
    return ::poll(&one, 1, kPatienceMs) > 0;
  };
  Seen seen;
  network.set_up("left", false);
  CHECK(wait());  // ENETDOWN: no reason to give up
  CHECK(source.read(64, &count, &seen).ok());
  network.set_up("left", true);
  network.remove("left");
  for (int i = 0; i < 1000; ++i) {
    CHECK(wait());
    const auto read = source.read(64, &count, &seen);
    if (read) continue;
    CHECK(read.error().code == ErrorCode::kDeviceVanished);
    CHECK_EQ(read.error().subject, std::string("left"));
    return;
  }
  CHECK(false);
}

void with_both(void (*body)(Open)) {
  for (const Open open : {Open{&open_live}, Open{&open_ring}}) {
    if (!test::in_own_network([&] { body(open); })) SKIP("no right to make a network namespace");
  }
}

}  // namespace

TEST("on loopback each packet is seen once, with its wire length and a real time stamp") {
  with_both(&each_packet_once);
}

TEST("what the ring cannot hold is counted: seen and dropped make up what was sent") {
  with_both(&losses_are_counted);
}

TEST("a capture filter is checked and applied") {
  with_both(&filters_in_the_kernel);
}

TEST("missing, down and vanished devices are told apart") {
  with_both(&devices_that_are_not_there);
}

TEST("a filter expression can be checked without a device") {
  CHECK(check_filter(1, 128, "tcp port 443 and host 192.0.2.1").ok());
  const auto wrong = check_filter(1, 128, "port port");
  CHECK(!wrong && wrong.error().code == ErrorCode::kFilterInvalid);
  CHECK_EQ(wrong.error().subject, std::string("port port"));
  CHECK(!wrong.error().detail.empty());
}

}  // namespace nettrace
