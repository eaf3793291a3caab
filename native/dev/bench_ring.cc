// Owns: the cost of live capture: the own ring, libpcap and none in turns, on a veth pair in a namespace of its own.
//   bench_ring [rounds=5] [packets=1000000] [snaplen=128]
// Knows nothing of: flows. Prints the median of CPU, of the reader and of the sender, and of loss.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "native/base/clock.h"
#include "native/capture/capture_loop.h"
#include "native/capture/device_source.h"
#include "native/capture/virtio_header.h"
#include "native/dev/packet_builder.h"
#include "native/dev/test_pair.h"

namespace nettrace {
namespace {

using namespace dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr size_t kBatch = 64;

struct Setting {
  int rounds = 5;
  uint64_t packets = 1'000'000;
  int snaplen = 128;
};

struct Load {
  const char* name;
  Packet frame;  ///< with its virtio header
  uint64_t count;
};

struct Reading {
  double reader_ns = 0;  ///< CPU for each frame that was sent
  double sender_ns = 0;  ///< with the softirq that delivers
  double lost = 0;       ///< of the frames, 0..1
  double rate = 0;       ///< frames a second
  double segments = 0;   ///< that were counted, for each frame that was read
};

class CountingSink final : public BatchSink {
 public:
  void packets(std::span<const PacketView> batch) override {
    frames += batch.size();
    for (const PacketView& packet : batch) segments += packet.segments;
  }
  void loss(const CaptureLoss& total) override { dropped = total.kernel_drops; }
  void ended(const Result<void>&) override {}
  uint64_t frames = 0;
  uint64_t segments = 0;
  uint64_t dropped = 0;
};

/// The thread's CPU time for sending it all, as fast as the machine can.
int64_t send_all(const Load& load) {
  const UniqueFd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
  setsockopt(fd.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_ifindex = static_cast<int>(if_nametoindex("left"));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&device), sizeof device) != 0) return 0;
  iovec vector{const_cast<uint8_t*>(load.frame.data()), load.frame.size()};
  std::array<mmsghdr, kBatch> messages{};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &vector;
    message.msg_hdr.msg_iovlen = 1;
  }
  const int64_t start = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  for (uint64_t sent = 0; sent < load.count;) {
    const auto batch = static_cast<unsigned>(std::min<uint64_t>(kBatch, load.count - sent));
    const int n = sendmmsg(fd.get(), messages.data(), batch, 0);
    if (n > 0) sent += static_cast<uint64_t>(n);
  }
  return clock_nanos(CLOCK_THREAD_CPUTIME_ID) - start;
}

Reading measure(const Load& load, const Setting& setting, const CaptureChoice* choice, bool names) {
  const auto count = static_cast<double>(load.count);
  Reading reading;
  CountingSink sink;
  int64_t reader_cpu = 0;
  const int stop = eventfd(0, EFD_CLOEXEC);
  std::thread reader;
  if (choice != nullptr) {
    auto source =
        open_device({.device = "right", .snaplen = setting.snaplen, .timeout_ms = 10, .names = names}, *choice);
    if (!source) return reading;
    reader = std::thread([&, frames = std::move(source.value().frames)]() mutable {
      CaptureLoop loop(std::move(frames), sink, 40 * kNanosPerMilli, names);
      loop.run(stop);
      reader_cpu = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
    });
  }
  const int64_t start = monotonic_nanos();
  reading.sender_ns = static_cast<double>(send_all(load)) / count;
  reading.rate = count * 1e9 / static_cast<double>(monotonic_nanos() - start);
  eventfd_write(stop, 1);
  if (reader.joinable()) reader.join();
  close(stop);
  reading.reader_ns = static_cast<double>(reader_cpu) / count;
  reading.lost = choice == nullptr ? 0 : 1 - static_cast<double>(sink.frames) / count;
  reading.segments = sink.frames == 0 ? 0 : static_cast<double>(sink.segments) / static_cast<double>(sink.frames);
  if (choice != nullptr && sink.frames + sink.dropped != load.count) {
    std::printf("  seen %llu + dropped %llu is not sent %llu\n", static_cast<unsigned long long>(sink.frames),
                static_cast<unsigned long long>(sink.dropped), static_cast<unsigned long long>(load.count));
  }
  return reading;
}

double median(std::vector<Reading>& readings, double Reading::*part) {
  std::ranges::sort(readings, {}, part);
  return readings[readings.size() / 2].*part;
}

void compare(const Load& load, const Setting& setting) {
  constexpr CaptureChoice kPcap = CaptureChoice::kPcap;
  constexpr CaptureChoice kRing = CaptureChoice::kRing;
  const struct {
    const char* name;
    const CaptureChoice* choice;
    bool names = false;
  } ways[] = {{"none", nullptr}, {"libpcap", &kPcap}, {"own ring", &kRing}, {"and names", &kRing, true}};
  std::array<std::vector<Reading>, std::size(ways)> readings;
  for (int round = 0; round < setting.rounds; ++round) {
    for (size_t turn = 0; turn < readings.size(); ++turn) {
      const size_t i = (turn + static_cast<size_t>(round)) % readings.size();  // none of them always comes first
      readings[i].push_back(measure(load, setting, ways[i].choice, ways[i].names));
    }
  }
  std::printf("%s, %llu frames, %d rounds\n", load.name, static_cast<unsigned long long>(load.count), setting.rounds);
  std::printf("  %-9s %10s %10s %8s %12s %9s\n", "", "reader ns", "sender ns", "lost", "frames/s", "segments");
  for (size_t i = 0; i < readings.size(); ++i) {
    std::printf("  %-9s %10.1f %10.1f %7.3f%% %12.0f %9.1f\n", ways[i].name, median(readings[i], &Reading::reader_ns),
                median(readings[i], &Reading::sender_ns), 100 * median(readings[i], &Reading::lost),
                median(readings[i], &Reading::rate), median(readings[i], &Reading::segments));
  }
}

Packet with_header(const VirtioHeader& header, const Packet& frame) {
  const auto* start = reinterpret_cast<const uint8_t*>(&header);
  return Packet(start, start + sizeof header) + frame;
}

int run(const Setting& setting) {
  if (unshare(CLONE_NEWNET) != 0) {
    std::perror("bench_ring: unshare");
    return 1;
  }
  test::without_ipv6();
  test::Network network;
  network.add_pair("left", "right");
  network.set_up("left", true);
  network.set_up("right", true);
  const Packet small = ethernet(0x0800, ipv4(17, udp(1000, 2000, filler(22))));
  const Packet large = ethernet(0x0800, ipv4(6, tcp(1000, 2000, filler(64'000))));
  const VirtioHeader segmented{VirtioHeader::kNeedsChecksum, VirtioHeader::kTcp4, 54, 1448, 34, 16};
  compare({"64-byte frames", with_header({}, small), setting.packets}, setting);
  compare({"super-frames of 64 kB", with_header(segmented, large), setting.packets / 20}, setting);
  return 0;
}

}  // namespace
}  // namespace nettrace

int main(int argc, char** argv) {
  nettrace::Setting setting;
  if (argc > 1) setting.rounds = std::max(1, std::atoi(argv[1]));
  if (argc > 2) setting.packets = std::max(1000ULL, std::strtoull(argv[2], nullptr, 10));
  if (argc > 3) setting.snaplen = std::max(96, std::atoi(argv[3]));
  return nettrace::run(setting);
}
