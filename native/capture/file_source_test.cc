// Owns: tests of reading whole files through open_file: formats, byte orders, truncation, filters, pipes.
#include "native/capture/file_source.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "native/base/unique_fd.h"
#include "native/dev/capture_writer.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

using test::ByteWriter;

/// A file in memory, with a path that can be opened.
struct MemoryFile {
  explicit MemoryFile(std::span<const uint8_t> bytes) : fd(memfd_create("capture", MFD_CLOEXEC)) {
    CHECK_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd.get()); }
  UniqueFd fd;
};

struct SeenFrame {
  size_t captured;
  uint32_t wire_length;
  int64_t timestamp_ns;
  int link_type;
  uint8_t last_byte;
};

struct Seen {
  std::vector<SeenFrame> frames;
  Result<void> result;
  CaptureLoss loss;
};

void collect(void* context, const Frame& frame) {
  const size_t size = frame.bytes.size();
  static_cast<Seen*>(context)->frames.push_back(
      {size, frame.length, frame.timestamp_ns, frame.link_type, frame.bytes.u8(size == 0 ? 0 : size - 1)});
}

Seen read_all(std::span<const uint8_t> bytes, const std::string& filter = {}, size_t limit = 7) {
  const MemoryFile file(bytes);
  Seen seen;
  auto source = open_file({file.path(), filter});
  if (!source) {
    seen.result = source.error();
    return seen;
  }
  for (;;) {
    auto read = source.value()->read(limit, &collect, &seen);
    if (!read) seen.result = read.error();
    if (!read || read.value().end) break;
  }
  seen.loss = source.value()->loss();
  return seen;
}

const std::vector<uint8_t> kShort{1, 2, 3};
const std::vector<uint8_t> kLong{9, 8, 7, 6, 5, 4, 3, 2, 1, 42};

std::vector<uint8_t> two_interfaces(bool big_endian) {
  ByteWriter out(big_endian);
  test::pcapng_section(out);
  test::pcapng_interface(out, 1, 96);
  test::pcapng_block(out, 0x0bad'0bad, kLong);  // unknown: skipped
  test::pcapng_packet(out, 0, 1'700'000'000'000'001, kShort, 60);
  test::pcapng_interface(out, 101, 0, 9);
  test::pcapng_packet(out, 1, 1'700'000'000'000'000'002, kLong, 10);
  return out.bytes();
}

}  // namespace

TEST("pcap is read in both byte orders and both clock resolutions") {
  for (const bool big_endian : {false, true}) {
    for (const bool nanos : {false, true}) {
      ByteWriter out(big_endian);
      test::pcap_header(out, nanos ? 0xa1b23c4d : 0xa1b2c3d4, 113);
      test::pcap_record(out, 1'700'000'000, 123'456, kShort, 1500);
      test::pcap_record(out, 4'000'000'000, 1, kLong, 10);
      const Seen seen = read_all(out.bytes());
      CHECK(seen.result.ok());
      CHECK_EQ(seen.frames.size(), 2U);
      if (seen.frames.size() != 2) return;
      CHECK_EQ(seen.frames[0].captured, 3U);
      CHECK_EQ(seen.frames[0].wire_length, 1500U);
      CHECK_EQ(seen.frames[0].timestamp_ns, 1'700'000'000'000'000'000 + (nanos ? 123'456 : 123'456'000));
      CHECK_EQ(seen.frames[0].link_type, 113);
      CHECK_EQ(seen.frames[1].last_byte, 42);
      CHECK_EQ(seen.frames[1].timestamp_ns, 4'000'000'000'000'000'000 + (nanos ? 1 : 1000));
    }
  }
}

TEST("pcapng packets carry the link type and clock of their own interface") {
  for (const bool big_endian : {false, true}) {
    const Seen seen = read_all(two_interfaces(big_endian));
    CHECK(seen.result.ok());
    CHECK_EQ(seen.frames.size(), 2U);
    if (seen.frames.size() != 2) return;
    CHECK_EQ(seen.frames[0].link_type, 1);
    CHECK_EQ(seen.frames[0].timestamp_ns, 1'700'000'000'000'001'000);
    CHECK_EQ(seen.frames[1].link_type, 12);  // LINKTYPE_RAW in the file, DLT_RAW as libpcap gives it
    CHECK_EQ(seen.frames[1].timestamp_ns, 1'700'000'000'000'000'002);
    CHECK_EQ(seen.frames[1].last_byte, 42);
  }
}

TEST("a capture cut at any byte gives its whole packets and says that it is cut") {
  ByteWriter classic(false);
  test::pcap_header(classic, 0xa1b2c3d4, 1);
  const size_t header = classic.bytes().size();
  test::pcap_record(classic, 1, 1, kShort, 3);
  const size_t first = classic.bytes().size();
  test::pcap_record(classic, 2, 2, kLong, 10);
  const auto& bytes = classic.bytes();
  for (size_t length = 0; length <= bytes.size(); ++length) {
    const Seen seen = read_all(std::span(bytes).first(length));
    CHECK_EQ(seen.frames.size(), length == bytes.size() ? 2U : length >= first ? 1U : 0U);
    const bool boundary = length == header || length == first || length == bytes.size();
    CHECK_EQ(seen.result.ok(), boundary);
    if (boundary) continue;
    CHECK(seen.result.error().code == (length < header ? ErrorCode::kFileNotACapture : ErrorCode::kFileTruncated));
  }
  const auto blocks = two_interfaces(false);
  for (size_t length = 0; length < blocks.size(); ++length) {
    const Seen seen = read_all(std::span(blocks).first(length));
    CHECK(seen.frames.size() <= 1);
    if (seen.result.ok()) continue;
    CHECK(seen.result.error().code == (length < 12 ? ErrorCode::kFileNotACapture : ErrorCode::kFileTruncated));
  }
}

TEST("a capture larger than the buffer keeps every packet whole") {
  ByteWriter out(false);
  test::pcap_header(out, 0xa1b2c3d4, 1);
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < 5000; ++i) {
    std::vector<uint8_t> data(i * 7919 % 3001, static_cast<uint8_t>(i));
    bytes += data.size();
    test::pcap_record(out, i, 0, data, static_cast<uint32_t>(data.size()));
  }
  const Seen seen = read_all(out.bytes(), {}, 256);
  CHECK(seen.result.ok());
  CHECK_EQ(seen.frames.size(), 5000U);
  uint64_t total = 0;
  bool all_right = true;
  for (size_t i = 0; i < seen.frames.size(); ++i) {
    total += seen.frames[i].captured;
    all_right &= seen.frames[i].captured == 0 || seen.frames[i].last_byte == static_cast<uint8_t>(i);
  }
  CHECK_EQ(total, bytes);
  CHECK(all_right);
}

TEST("an impossible record length is an error, not an allocation") {
  ByteWriter out(false);
  test::pcap_header(out, 0xa1b2c3d4, 1);
  test::pcap_record(out, 1, 1, kShort, 3);
  out.u32(2).u32(2).u32(0xffff'fff0).u32(0xffff'fff0);
  const Seen seen = read_all(out.bytes());
  CHECK_EQ(seen.frames.size(), 1U);
  CHECK(!seen.result.ok() && seen.result.error().code == ErrorCode::kFileUnreadable);
}

TEST("a file that is no capture is refused with a hint") {
  const std::vector<uint8_t> gzip{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const Seen seen = read_all(gzip);
  CHECK(!seen.result.ok() && seen.result.error().code == ErrorCode::kFileNotACapture);
  CHECK_EQ(seen.result.error().detail, std::string("it is compressed with gzip; unpack it first"));
  CHECK_EQ(read_all({}).result.error().detail, std::string("it is empty"));
  const auto missing = open_file({"/nonexistent/file.pcap", {}});
  CHECK(!missing && missing.error().code == ErrorCode::kFileUnreadable && missing.error().number == ENOENT);
  const auto folder = open_file({"/", {}});
  CHECK(!folder && folder.error().code == ErrorCode::kFileUnreadable && folder.error().number == EISDIR);
}

TEST("a filter applies to each link type of a file, and a wrong one is refused at the door") {
  ByteWriter out(false);
  test::pcapng_section(out);
  test::pcapng_interface(out, 1, 0);
  test::pcapng_interface(out, 101, 0);
  const auto frame = test::udp_frame(7, 64);
  test::pcapng_packet(out, 0, 1, frame, 64);
  test::pcapng_packet(out, 1, 2, std::span(frame).subspan(14), 50);
  CHECK_EQ(read_all(out.bytes(), "udp src port 1031").frames.size(), 2U);
  CHECK_EQ(read_all(out.bytes(), "udp src port 1032").frames.size(), 0U);
  CHECK_EQ(read_all(out.bytes(), "ether host 02:00:00:00:00:01").frames.size(), 1U);
  const Seen wrong = read_all(out.bytes(), "udp and and");
  CHECK(!wrong.result.ok() && wrong.result.error().code == ErrorCode::kFilterInvalid);
  CHECK_EQ(wrong.result.error().subject, std::string("udp and and"));
  CHECK(!wrong.result.error().detail.empty());
}

TEST("drops that a pcapng file tells of are reported") {
  ByteWriter out(true);
  test::pcapng_section(out);
  test::pcapng_interface(out, 1, 0);
  ByteWriter body(true);
  body.u32(0).u64(0).u16(5).u16(8).u64(3).u16(7).u16(8).u64(4).u16(0).u16(0);
  test::pcapng_block(out, 5, body.bytes());
  const Seen seen = read_all(out.bytes());
  CHECK_EQ(seen.loss.interface_drops, 3U);
  CHECK_EQ(seen.loss.kernel_drops, 4U);
}

TEST("a pipe is read as its data arrives, without waiting for more") {
  int ends[2];
  CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const std::string path = "/proc/self/fd/" + std::to_string(reading.get());
  auto source = open_file({path, {}});
  CHECK(source.ok());
  if (!source) return;
  CHECK(source.value()->ready_fd() >= 0);
  Seen seen;
  const auto read = [&] { return source.value()->read(256, &collect, &seen); };
  CHECK_EQ(read().value().frames, 0U);
  ByteWriter out(false);
  test::pcap_header(out, 0xa1b2c3d4, 1);
  test::pcap_record(out, 1, 1, kShort, 3);
  test::pcap_record(out, 2, 2, kLong, 10);
  const auto put = [&](size_t from, size_t to) {
    CHECK_EQ(::write(writing.get(), out.bytes().data() + from, to - from), static_cast<ssize_t>(to - from));
  };
  put(0, 10);
  CHECK_EQ(read().value().frames, 0U);
  put(10, 50);
  CHECK_EQ(read().value().frames, 1U);
  CHECK_EQ(read().value().frames, 0U);
  put(50, out.bytes().size());
  CHECK_EQ(read().value().frames, 1U);
  writing.reset();
  CHECK(read().value().end);
}

}  // namespace nettrace
