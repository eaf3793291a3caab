// Owns: raw frames at a given rate for the flood tests and the capture benchmark, through one AF_PACKET socket.
// Knows nothing of: nettrace. Bounded in count; send only on devices of namespaces made for a test.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

// Usage:
//   flood DEVICE DESTINATION_MAC DESTINATION_IP syn|udp PACKETS RATE FLOWS [queued]
// Sources are 10.77.0.0/16 upwards, 64 bytes a frame. RATE 0: as fast as possible. Prints a JSON line.
// Frames go past the queueing discipline, where no tap of the sending device sees them (packet(7)); `queued` ones do
// not.

namespace {

constexpr size_t kBatch = 64;
constexpr size_t kFrame = 64;
using Frame = std::array<uint8_t, kFrame>;

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void put16(Frame& frame, size_t at, uint32_t value) {
  frame[at] = static_cast<uint8_t>(value >> 8);
  frame[at + 1] = static_cast<uint8_t>(value);
}
void put32(Frame& frame, size_t at, uint32_t value) {
  put16(frame, at, value >> 16);
  put16(frame, at + 2, value & 0xffff);
}

void set_ip_checksum(Frame& frame) {
  put16(frame, 24, 0);
  uint32_t sum = 0;
  for (size_t i = 14; i < 34; i += 2) sum += static_cast<uint32_t>(frame[i]) << 8 | frame[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  put16(frame, 24, ~sum & 0xffff);
}

Frame make_template(const unsigned char* destination_mac, uint32_t destination, bool syn) {
  Frame frame{};
  std::memcpy(frame.data(), destination_mac, 6);
  frame[6] = 0x02;
  frame[11] = 0x99;
  put16(frame, 12, ETHERTYPE_IP);
  frame[14] = 0x45;
  put16(frame, 16, syn ? 40 : kFrame - 14);
  frame[22] = 64;
  frame[23] = syn ? IPPROTO_TCP : IPPROTO_UDP;
  put32(frame, 30, destination);
  if (syn) {
    frame[46] = 0x50;
    frame[47] = 0x02;
    put16(frame, 48, 65'535);
  } else {
    put16(frame, 38, kFrame - 34);
  }
  return frame;
}

/// The n-th frame: another source address, source port and destination port for each of `flows` flows.
void address_frame(Frame& frame, uint64_t n, uint64_t flows) {
  const auto flow = static_cast<uint32_t>(n % flows);
  put32(frame, 26, 0x0a4d0100 + flow / 50'000 * 256 + (flow * 7919) % 60'000);
  set_ip_checksum(frame);
  put16(frame, 34, 1024 + (flow * 31) % 60'000);
  put16(frame, 36, 1 + flow % 65'000);
}

}  // namespace

int main(int argc, char** argv) {
  const bool queued = argc == 9 && std::string_view(argv[8]) == "queued";
  if (argc != 8 && !queued) {
    std::fprintf(stderr, "flood: DEVICE DESTINATION_MAC DESTINATION_IP syn|udp PACKETS RATE FLOWS\n");
    return 2;
  }
  in_addr destination{};
  const ether_addr* mac = ether_aton(argv[2]);
  if (mac == nullptr || inet_pton(AF_INET, argv[3], &destination) != 1) {
    std::fprintf(stderr, "flood: wrong address\n");
    return 2;
  }
  const uint64_t packets = std::strtoull(argv[5], nullptr, 10);
  const uint64_t rate = std::strtoull(argv[6], nullptr, 10);
  const uint64_t flows = std::max<uint64_t>(1, std::strtoull(argv[7], nullptr, 10));
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll device{};
  device.sll_family = AF_PACKET;
  device.sll_ifindex = static_cast<int>(if_nametoindex(argv[1]));
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&device), sizeof device) != 0) {
    std::fprintf(stderr, "flood: %s: %s\n", argv[1], std::strerror(errno));
    return 1;
  }
  const int on = 1;
  if (!queued) setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  std::array<Frame, kBatch> frames;
  frames.fill(make_template(mac->ether_addr_octet, ntohl(destination.s_addr), std::string_view(argv[4]) == "syn"));
  std::array<iovec, kBatch> vectors{};
  std::array<mmsghdr, kBatch> messages{};
  for (size_t i = 0; i < kBatch; ++i) {
    vectors[i] = {frames[i].data(), kFrame};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int64_t start = now_ns();
  uint64_t sent = 0;
  uint64_t refused = 0;
  while (sent < packets) {
    const size_t batch = std::min<uint64_t>(kBatch, packets - sent);
    for (size_t i = 0; i < batch; ++i) address_frame(frames[i], sent + i, flows);
    const int n = sendmmsg(fd, messages.data(), static_cast<unsigned>(batch), 0);
    if (n < 0 && errno != ENOBUFS && errno != EINTR) {
      std::perror("flood: sendmmsg");
      return 1;
    }
    if (n < 0) ++refused;
    if (n > 0) sent += static_cast<uint64_t>(n);
    if (rate == 0) continue;
    const int64_t ahead = static_cast<int64_t>(sent * 1'000'000'000 / rate) - (now_ns() - start);
    if (ahead > 50'000) {
      const timespec pause{ahead / 1'000'000'000, ahead % 1'000'000'000};
      nanosleep(&pause, nullptr);
    }
  }
  const double seconds = static_cast<double>(now_ns() - start) / 1e9;
  std::printf("{\"role\":\"flood\",\"pid\":%d,\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"refused\":%" PRIu64
              ",\"seconds\":%.3f}\n",
              getpid(), sent, sent * kFrame, refused, seconds);
  return 0;
}
