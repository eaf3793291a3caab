// Tests: the life of an engine: options, a file to its end, a live device with concurrent snapshots.
#include "native/engine/engine.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "native/dev/capture_writer.h"
#include "native/dev/test.h"

using namespace nettrace;

namespace {

double meta(const SnapshotBuffer& buffer, uint8_t column) {
  uint32_t start = 0;
  std::memcpy(&start, buffer.data.get() + 16 + 4, sizeof start);
  double value = 0;
  std::memcpy(&value, buffer.data.get() + start + size_t{column} * 8, sizeof value);
  return value;
}

EngineState state_of(const SnapshotBuffer& buffer) {
  uint32_t start = 0;
  std::memcpy(&start, buffer.data.get() + 16 + 4, sizeof start);
  return static_cast<EngineState>(buffer.data.get()[start + size_t{column::meta::state} * 8]);
}

/// The first interface's cell of an f64 column.
double interface_cell(const SnapshotBuffer& buffer, uint8_t wanted) {
  uint32_t start = 0;
  std::memcpy(&start, buffer.data.get() + 16 + static_cast<size_t>(Table::interfaces) * 8 + 4, sizeof start);
  uint32_t rows = 0;
  std::memcpy(&rows, buffer.data.get() + 16 + static_cast<size_t>(Table::interfaces) * 8, sizeof rows);
  size_t offset = start;
  uint8_t number = 0;
  for (const ColumnInfo& one : kColumns) {
    if (one.table != Table::interfaces) continue;
    if (number++ == wanted) break;
    offset += (rows * column_width(one.type) + 7) / 8 * 8;
  }
  double value = 0;
  if (rows > 0) std::memcpy(&value, buffer.data.get() + offset, sizeof value);
  return value;
}

ErrorCode refusal(EngineOptions options) {
  auto engine = Engine::create(std::move(options));
  return engine.ok() ? ErrorCode::kInternal : engine.error().code;
}

std::string write_capture(uint32_t packets) {
  std::string path = "/tmp/nettrace-engine-test-XXXXXX";
  const int fd = mkstemp(path.data());
  test::ByteWriter out(false);
  test::pcap_header(out, 0xa1b2c3d4, 1);
  for (uint32_t i = 0; i < packets; ++i) {
    const auto frame = test::udp_frame(static_cast<uint16_t>(i % 10), 64);
    test::pcap_record(out, i, 0, frame, 64);
  }
  const auto& bytes = out.bytes();
  CHECK_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(fd);
  return path;
}

}  // namespace

TEST("wrong options are refused before anything is opened") {
  EngineOptions options;
  options.snaplen = 10;
  CHECK(refusal(options) == ErrorCode::kInvalidOption);
  options = {};
  options.filter = "port (";
  CHECK(refusal(options) == ErrorCode::kFilterInvalid);
  options = {};
  options.file = "x.pcap";
  options.devices = {"lo"};
  CHECK(refusal(options) == ErrorCode::kInvalidOption);
}

TEST("a missing file and an unknown device are named when the engine starts") {
  EngineOptions options;
  options.file = "/nonexistent/x.pcap";
  auto engine = Engine::create(options);
  const auto started = engine.value()->start();
  CHECK(!started.ok() && started.error().code == ErrorCode::kFileUnreadable);
  if (geteuid() != 0) SKIP("opening devices needs root");
  options = {};
  options.devices = {"no-such-device"};
  engine = Engine::create(options);
  const auto live = engine.value()->start();
  CHECK(!live.ok() && live.error().code == ErrorCode::kDeviceNotFound);
}

TEST("a file is read to its end, every frame is counted, and stopping twice is harmless") {
  EngineOptions options;
  options.file = write_capture(1000);
  auto engine = Engine::create(options);
  CHECK(engine.value()->start().ok());
  SnapshotBuffer buffer = engine.value()->snapshot(true);
  while (state_of(buffer) == EngineState::kRunning) {
    poll(nullptr, 0, 1);  // the end of the file is a state, not an event
    buffer = engine.value()->snapshot(true);
  }
  CHECK(state_of(buffer) == EngineState::kEnded);
  CHECK_EQ(interface_cell(buffer, column::interfaces::frames), 1000.0);
  CHECK_EQ(
      interface_cell(buffer, column::interfaces::sentBytes) + interface_cell(buffer, column::interfaces::receivedBytes),
      64'000.0);
  CHECK_EQ(meta(buffer, column::meta::flowsLive), 10.0);
  engine.value()->stop();
  engine.value()->stop();
  CHECK_EQ(interface_cell(engine.value()->snapshot(false), column::interfaces::frames), 1000.0);
  unlink(options.file.c_str());
}

TEST("a live engine counts every packet on lo while snapshots are taken, and loses none when it stops") {
  if (geteuid() != 0) SKIP("capturing needs root");
  EngineOptions options;
  options.devices = {"lo"};
  options.filter = "udp port 19";
  options.timeout_ms = 20;
  auto engine = Engine::create(options);
  CHECK(engine.value()->start().ok());
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(19);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string payload(100, 'x');
  constexpr int kPackets = 2000;
  for (int i = 0; i < kPackets; ++i) {
    sendto(fd, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&target), sizeof target);
    if (i % 50 == 0) CHECK(engine.value()->snapshot(true).size > 0);
  }
  engine.value()->stop();
  close(fd);
  const SnapshotBuffer buffer = engine.value()->snapshot(true);
  CHECK(state_of(buffer) == EngineState::kStopped);
  CHECK_EQ(interface_cell(buffer, column::interfaces::sentPackets), double{kPackets});
  CHECK_EQ(interface_cell(buffer, column::interfaces::receivedBytes), double{kPackets} * 142);
}
