// Owns: the time that one decode_frame call takes, for a few typical frames; prints ns per packet.
// Knows nothing of: capture and flows. Figures are the best of several rounds, for a machine that others share.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "native/base/clock.h"
#include "native/decode/decode.h"
#include "native/dev/packet_builder.h"

namespace {

using namespace nettrace::dev;  // NOLINT(google-build-using-namespace): packets read as sentences

constexpr int kRounds = 15;
constexpr int kPackets = 500'000;

double nanos_per_packet(const Packet& frame) {
  double best = 1e9;
  uint64_t checksum = 0;
  for (int round = 0; round < kRounds; ++round) {
    const int64_t start = nettrace::monotonic_nanos();
    for (int i = 0; i < kPackets; ++i) {
      const nettrace::Bytes bytes(frame.data(), frame.size());
      const auto view = nettrace::decode_frame(1, bytes, static_cast<uint32_t>(frame.size()), i);
      checksum += view.source_port + view.payload_length + static_cast<uint64_t>(view.outcome);
    }
    best = std::min(best, static_cast<double>(nettrace::monotonic_nanos() - start) / kPackets);
  }
  // The sum is used, so that the compiler cannot leave the work out.
  return checksum == 1 ? 0 : best;
}

}  // namespace

int main() {
  const Packet quad = tcp(443, 51000, filler(20), 0x10, -1, filler(12));
  const struct {
    const char* name;
    Packet frame;
  } frames[] = {
      {"UDP over IPv4, 64 bytes", ethernet(0x0800, ipv4(17, udp(1000, 2000, filler(22))))},
      {"TCP over IPv4", ethernet(0x0800, ipv4(6, quad))},
      {"TCP over IPv6", ethernet(0x86dd, ipv6(6, quad))},
      {"TCP over IPv4 in two VLANs", ethernet(0x88a8, tag(5, 0x8100, tag(6, 0x0800, ipv4(6, quad))))},
      {"UDP over IPv6, three extension headers",
       ethernet(0x86dd, ipv6(0, extension(43, extension(60, extension(17, udp(1, 2, filler(10)))))))},
      {"ARP", ethernet(0x0806, filler(46))},
  };
  for (const auto& one : frames) std::printf("%6.1f ns  %s\n", nanos_per_packet(one.frame), one.name);
}
