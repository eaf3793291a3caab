// Owns: capturing from one device in two ways at once, and the comparison of what they show, frame by frame.
// Knows nothing of: what is sent.
#pragma once

#include <poll.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "native/base/clock.h"
#include "native/capture/ring_source.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test.h"
#include "native/dev/test_pair.h"
#include "native/tap/tapped_source.h"

namespace nettrace::test {

constexpr int kTapTimeoutMs = 20;
/// Two CPUs at once may write their frames in another order than that of their time stamps.
constexpr int64_t kClocksApart = 1'000'000;
/// How well a time of the kernel's one clock is known on its other one.
constexpr int64_t kOneClock = 50'000;

struct Copied {
  dev::Packet bytes;
  uint32_t length = 0;
  uint8_t inserted = 0;
  Segmentation::Kind kind = Segmentation::Kind::kNone;
  uint16_t segment_size = 0;
  uint16_t transport_offset = 0;
  friend auto operator<=>(const Copied&, const Copied&) = default;
};

struct Frames {
  int64_t since_ns = 0;  ///< what came before is not kept
  std::vector<Copied> sent;
  std::vector<Copied> received;
  bool in_order = true;
  int64_t last_ns = 0;
};

inline LiveOptions options_of(const char* device) {
  return {.device = device, .ring_bytes = 64 * 1024 * 1024, .timeout_ms = kTapTimeoutMs, .names = true};
}

inline void keep(void* context, const Frame& frame) {
  auto& frames = *static_cast<Frames*>(context);
  if (frame.timestamp_ns < frames.since_ns) return;
  const Segmentation& how = frame.segmentation;
  Copied copied{{frame.bytes.data(), frame.bytes.data() + frame.bytes.size()},
                frame.length,
                frame.inserted,
                how.kind,
                how.segment_size,
                how.transport_offset};
  (frame.packet_type == PacketType::kOutgoing ? frames.sent : frames.received).push_back(std::move(copied));
  if (frame.timestamp_ns < frames.last_ns - kClocksApart) frames.in_order = false;
  frames.last_ns = frame.timestamp_ns;
}

/// Adds all frames until none has come for a while.
inline void read_more(FrameSource& source, Frames& frames) {
  for (;;) {
    const auto read = source.read(256, &keep, &frames);
    CHECK(read.ok());
    if (!read) return;
    pollfd one{source.ready_fd(), POLLIN, 0};
    if (read.value().frames < 256 && ::poll(&one, 1, 10 * kTapTimeoutMs) <= 0) return;
  }
}
inline Frames read_frames(FrameSource& source) {
  Frames frames;
  read_more(source, frames);
  return frames;
}

/// Both ways of capturing from one device.
class Pair {
 public:
  explicit Pair(const char* device) {
    auto tap = EgressTap::open();
    auto plain = open_ring(options_of(device));
    CHECK(tap.ok() && plain.ok());
    if (!tap || !plain) return;
    auto tapped = open_tapped(options_of(device), tap.value());
    CHECK(tapped.ok());
    if (!tapped) return;
    plain_ = std::move(plain).value();
    tapped_ = std::move(tapped).value();
    since_ns_ = realtime_nanos() - kOneClock;
  }

  /// What the tapped source has, after it was found to be the same.
  Frames compare() {
    if (plain_ == nullptr) return {};
    Frames tapped, plain;
    tapped.since_ns = plain.since_ns = since_ns_;
    // On a busy machine a ring may hand its last frames over later than the other one.
    const int64_t patience_ends = monotonic_nanos() + 30 * kNanosPerSecond;
    do {
      read_more(*tapped_, tapped);
      read_more(*plain_, plain);
    } while ((tapped.sent.size() != plain.sent.size() || tapped.received.size() != plain.received.size()) &&
             monotonic_nanos() < patience_ends);
    // Two CPUs at once may reach the two rings in another order.
    for (auto* frames : {&tapped.sent, &tapped.received, &plain.sent, &plain.received}) std::ranges::sort(*frames);
    CHECK_EQ(tapped.sent.size(), plain.sent.size());
    CHECK_EQ(tapped.received.size(), plain.received.size());
    for (size_t i = 0; i < std::min(tapped.sent.size(), plain.sent.size()); ++i) {
      if (tapped.sent[i] == plain.sent[i]) continue;
      const Copied &ours = tapped.sent[i], &theirs = plain.sent[i];
      test::fail(__FILE__, __LINE__,
                 "frame " + std::to_string(i) + ": " + std::to_string(ours.bytes.size()) + "/" +
                     std::to_string(theirs.bytes.size()) + " bytes of " + std::to_string(ours.length) + "/" +
                     std::to_string(theirs.length) + ", segments of " + std::to_string(ours.segment_size) + "/" +
                     std::to_string(theirs.segment_size) + " from " + std::to_string(ours.transport_offset) + "/" +
                     std::to_string(theirs.transport_offset));
      break;
    }
    CHECK(tapped.received == plain.received);
    CHECK(tapped.in_order);
    CHECK_EQ(tapped_->loss().kernel_drops, 0U);
    CHECK_EQ(plain_->loss().kernel_drops, 0U);
    return tapped;
  }

 private:
  std::unique_ptr<FrameSource> plain_;
  std::unique_ptr<FrameSource> tapped_;
  int64_t since_ns_ = 0;
};

inline void start(Network& network, const char* device, uint32_t address) {
  network.add_address(device, address, 24);
  network.set_up(device, true);
}

inline void furnish(Network& network) {
  test::without_ipv6();
  network.add_pair("left", "right");
}

inline sockaddr_in there(uint16_t port = test::kDatagramPort) {
  return test::address_of("10.9.0.2", port);
}

inline void send_datagram(const dev::Packet& payload, uint16_t port = test::kDatagramPort) {
  static const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const auto to = there(port);
  const auto size = static_cast<ssize_t>(payload.size());
  CHECK_EQ(::sendto(fd.get(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
           size);
}

}  // namespace nettrace::test
