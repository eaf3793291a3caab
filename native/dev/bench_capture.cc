// Owns: the cost of reading and decoding a capture file, beside libpcap's reader; and making such a file.
//   bench_capture generate FILE [packets=1000000] [flows=2000] [pcapng]     64-byte UDP frames
//   bench_capture read FILE [rounds=5]                                      best of the rounds, ns per packet
#include <pcap/pcap.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

#include "native/base/clock.h"
#include "native/capture/capture_loop.h"
#include "native/capture/file_source.h"
#include "native/dev/capture_writer.h"

namespace nettrace {
namespace {

constexpr size_t kFrameLength = 64;

int generate(const char* path, uint32_t packets, uint32_t flows, bool pcapng) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path, "wb"), &std::fclose);
  if (!file) {
    std::perror(path);
    return 1;
  }
  test::ByteWriter out(false);
  if (pcapng) {
    test::pcapng_section(out);
    test::pcapng_interface(out, 1, 0);
  } else {
    test::pcap_header(out, 0xa1b2c3d4, 1);
  }
  for (uint32_t i = 0; i < packets; ++i) {
    const auto frame = test::udp_frame(static_cast<uint16_t>(i * 7919ULL % flows), kFrameLength);
    if (pcapng) {
      test::pcapng_packet(out, 0, 1'700'000'000'000'000ULL + i, frame, kFrameLength);
    } else {
      test::pcap_record(out, 1'700'000'000 + i / 1'000'000, i % 1'000'000, frame, kFrameLength);
    }
    if (out.bytes().size() < 1'000'000 && i + 1 < packets) continue;
    if (std::fwrite(out.bytes().data(), 1, out.bytes().size(), file.get()) != out.bytes().size()) {
      std::perror(path);
      return 1;
    }
    out.bytes().clear();
  }
  return 0;
}

/// What one way of reading the file found.
struct Tally {
  uint64_t packets = 0;
  uint64_t bytes = 0;
};

class CountingSink final : public BatchSink {
 public:
  void packets(std::span<const PacketView> batch) override {
    tally.packets += batch.size();
    for (const PacketView& packet : batch) tally.bytes += packet.wire_length;
  }
  void loss(const CaptureLoss&) override {}
  void ended(const Result<void>& result) override { ok = result.ok(); }
  Tally tally;
  bool ok = false;
};

Tally read_only(const char* path) {
  Tally tally;
  auto source = open_file({path, {}});
  if (!source) return tally;
  const FrameCallback count = [](void* context, const Frame& frame) {
    auto& sum = *static_cast<Tally*>(context);
    ++sum.packets;
    sum.bytes += frame.length;
  };
  for (;;) {
    auto read = source.value()->read(256, count, &tally);
    if (!read || read.value().end) return tally;
  }
}

Tally decode_all(const char* path, bool names) {
  auto source = open_file({path, {}});
  CountingSink sink;
  if (!source) return sink.tally;
  CaptureLoop(std::move(source).value(), sink, 0, names).run(-1);
  return sink.tally;
}

Tally read_and_decode(const char* path) {
  return decode_all(path, false);
}

Tally read_decode_and_name(const char* path) {
  return decode_all(path, true);
}

Tally read_with_libpcap(const char* path) {
  Tally tally;
  char text[PCAP_ERRBUF_SIZE] = {};
  pcap_t* handle = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
  if (handle == nullptr) return tally;
  const pcap_handler count = [](u_char* user, const pcap_pkthdr* header, const u_char*) {
    auto& sum = *reinterpret_cast<Tally*>(user);
    ++sum.packets;
    sum.bytes += header->len;
  };
  while (pcap_dispatch(handle, 256, count, reinterpret_cast<u_char*>(&tally)) > 0) {
  }
  pcap_close(handle);
  return tally;
}

int measure(const char* path, int rounds) {
  struct Way {
    const char* name;
    Tally (*run)(const char*);
  };
  constexpr Way kWays[] = {{"own reader", &read_only},
                           {"own reader + decode", &read_and_decode},
                           {"and names", &read_decode_and_name},
                           {"libpcap reader", &read_with_libpcap}};
  int64_t best[std::size(kWays)];
  Tally tallies[std::size(kWays)];
  std::fill(std::begin(best), std::end(best), std::numeric_limits<int64_t>::max());
  for (int round = 0; round < rounds; ++round) {
    for (size_t i = 0; i < std::size(kWays); ++i) {
      const int64_t start = clock_nanos(CLOCK_PROCESS_CPUTIME_ID);
      tallies[i] = kWays[i].run(path);
      best[i] = std::min(best[i], clock_nanos(CLOCK_PROCESS_CPUTIME_ID) - start);
    }
  }
  bool all_agree = true;
  for (size_t i = 0; i < std::size(kWays); ++i) {
    const auto packets = static_cast<double>(std::max<uint64_t>(tallies[i].packets, 1));
    const double nanos = static_cast<double>(best[i]) / packets;
    std::printf("%-20s %10llu packets %12llu bytes %7.1f ns/packet %6.2f M packets/s\n", kWays[i].name,
                static_cast<unsigned long long>(tallies[i].packets), static_cast<unsigned long long>(tallies[i].bytes),
                nanos, 1000.0 / nanos);
    all_agree &= tallies[i].packets == tallies[0].packets && tallies[i].bytes == tallies[0].bytes;
  }
  if (!all_agree) std::puts("the readers disagree");
  return all_agree ? 0 : 1;
}

uint32_t number(int argc, char** argv, int at, uint32_t fallback) {
  return at < argc ? static_cast<uint32_t>(std::strtoul(argv[at], nullptr, 10)) : fallback;
}

}  // namespace
}  // namespace nettrace

int main(int argc, char** argv) {
  const std::string verb = argc > 2 ? argv[1] : "";
  if (verb == "generate") {
    return nettrace::generate(argv[2], nettrace::number(argc, argv, 3, 1'000'000),
                              std::max(1U, nettrace::number(argc, argv, 4, 2000)), argc > 5);
  }
  if (verb == "read") return nettrace::measure(argv[2], static_cast<int>(nettrace::number(argc, argv, 3, 5)));
  std::fprintf(stderr, "usage: bench_capture generate FILE [packets] [flows] [pcapng] | read FILE [rounds]\n");
  return 2;
}
