// Owns: tests of the pure parsers on hostile bytes, each window in a heap block of its exact size.
#include "native/capture/capture_format.h"

#include <random>

#include "native/dev/capture_writer.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using Kind = CaptureRecord::Kind;
using test::ByteWriter;

const std::vector<uint8_t> kData{1, 2, 3, 4, 5};

std::vector<uint8_t> sample(bool big_endian, bool pcapng) {
  ByteWriter out(big_endian);
  if (pcapng) {
    test::pcapng_section(out);
    test::pcapng_interface(out, 1, 0, 0x80 | 10);
    test::pcapng_packet(out, 0, 1 << 20, kData, 5);
    ByteWriter simple(big_endian);
    simple.u32(64).raw(kData);
    test::pcapng_block(out, 3, simple.bytes());
    ByteWriter obsolete(big_endian);
    obsolete.u16(0).u16(0).u64(0).u32(5).u32(99).raw(kData);
    test::pcapng_block(out, 2, obsolete.bytes());
    ByteWriter statistics(big_endian);
    statistics.u32(0).u64(0).u16(7).u16(8).u64(4).u16(0).u16(0);
    test::pcapng_block(out, 5, statistics.bytes());
  } else {
    test::pcap_header(out, 0xa1b2c3d4, 1);
    test::pcap_record(out, 1, 2, kData, 5);
    test::pcap_record(out, 3, 4, kData, 1500);
  }
  return out.bytes();
}

/// Walks like the file source does; every window is a fresh allocation so that a sanitizer sees the first byte past
/// it. Returns the frames, or -1 if a record contradicts its window.
int walk(std::span<const uint8_t> file) {
  std::optional<CaptureFormat> format;
  {
    const std::vector<uint8_t> exact(file.begin(), file.end());
    format = recognise_capture(Bytes(exact));
    capture_link_type(Bytes(exact));
  }
  if (!format) return 0;
  int frames = 0;
  for (size_t at = 0, steps = 0; at <= file.size(); ++steps) {
    const std::vector<uint8_t> window(file.begin() + static_cast<ptrdiff_t>(at), file.end());
    const CaptureRecord record = std::visit([&](auto& one) { return one.next(Bytes(window)); }, *format);
    if (steps > file.size()) return -1;  // no progress
    if (record.kind == Kind::kInvalid) return frames;
    if (record.kind == Kind::kNeedMore) return record.length > window.size() ? frames : -1;
    if (record.length == 0) return -1;
    if (record.kind == Kind::kFrame) {
      if (record.length > window.size() || record.offset + record.captured > record.length) return -1;
      ++frames;
    }
    at += record.length;
  }
  return frames;
}

}  // namespace

TEST("packets of every pcapng block type are found") {
  for (const bool big_endian : {false, true}) {
    const auto file = sample(big_endian, true);
    CHECK_EQ(walk(file), 3);
    PcapngFormat format;
    size_t at = 0;
    std::vector<CaptureRecord> records;
    while (at < file.size()) {
      records.push_back(format.next(Bytes(std::span(file).subspan(at))));
      at += records.back().length;
    }
    CHECK_EQ(records.size(), 6U);
    CHECK_EQ(records[2].timestamp_ns, 1024 * int64_t{1'000'000'000});  // resolution 2^-10
    CHECK_EQ(records[3].captured, 8U);  // a simple packet has no captured length: the block's padding belongs to it
    CHECK_EQ(records[3].wire_length, 64U);
    CHECK_EQ(records[4].wire_length, 99U);
    CHECK_EQ(format.loss().kernel_drops, 4U);
  }
}

TEST("a file from before pcap 2.3 has its two lengths the other way round") {
  ByteWriter out(true);
  test::pcap_header(out, 0xa1b2c3d4, 1, 2);
  out.u32(1).u32(0).u32(1500).u32(5).raw(kData);
  PcapFormat format{Bytes(out.bytes())};
  CHECK_EQ(format.next(Bytes(out.bytes())).length, 24U);
  const CaptureRecord record = format.next(Bytes(std::span(out.bytes()).subspan(24)));
  CHECK_EQ(record.captured, 5U);
  CHECK_EQ(record.wire_length, 1500U);
}

TEST("no clock resolution or offset of a pcapng interface breaks the arithmetic") {
  for (int resolution = 0; resolution < 256; ++resolution) {
    ByteWriter out(false);
    test::pcapng_section(out);
    test::pcapng_interface(out, 1, 0, static_cast<uint8_t>(resolution));
    test::pcapng_packet(out, 0, ~uint64_t{0}, kData, 5);
    test::pcapng_packet(out, 0, 0, kData, 5);
    CHECK_EQ(walk(out.bytes()), 2);
  }
}

TEST("a section in the other byte order starts with new interfaces") {
  ByteWriter first(false);
  test::pcapng_section(first);
  test::pcapng_interface(first, 1, 0);
  ByteWriter second(true);
  test::pcapng_section(second);
  test::pcapng_packet(second, 0, 1, kData, 5);  // names an interface of the section before
  auto file = first.bytes();
  file.insert(file.end(), second.bytes().begin(), second.bytes().end());
  CHECK_EQ(walk(file), 0);
  ByteWriter described(true);
  test::pcapng_section(described);
  test::pcapng_interface(described, 113, 0);
  test::pcapng_packet(described, 0, 1, kData, 5);
  file.resize(first.bytes().size());
  file.insert(file.end(), described.bytes().begin(), described.bytes().end());
  CHECK_EQ(walk(file), 1);
}

TEST("changed and cut captures never lead outside their bytes and always end") {
  std::mt19937 random(12345);
  const auto pick = [&](size_t limit) { return random() % limit; };
  for (const bool pcapng : {false, true}) {
    for (const bool big_endian : {false, true}) {
      const auto original = sample(big_endian, pcapng);
      for (size_t length = 0; length <= original.size(); ++length) CHECK(walk(std::span(original).first(length)) >= 0);
      for (int round = 0; round < 2000; ++round) {
        auto changed = original;
        for (size_t i = 0; i <= pick(4); ++i) {
          constexpr uint8_t kEdges[] = {0, 1, 0x7f, 0x80, 0xff};
          changed[pick(changed.size())] = pick(2) == 0 ? static_cast<uint8_t>(random()) : kEdges[pick(5)];
        }
        CHECK(walk(changed) >= 0);
      }
    }
  }
}

}  // namespace nettrace
