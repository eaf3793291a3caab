// Owns: tests of the capture thread's loop, on a scripted source and on a file.
#include "native/capture/capture_loop.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <vector>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/capture/file_source.h"
#include "native/dev/capture_writer.h"
#include "native/dev/test.h"

namespace nettrace {
namespace {

class RecordingSink final : public BatchSink {
 public:
  void packets(std::span<const PacketView> batch) override {
    ++batches;
    largest = std::max(largest, batch.size());
    packet_count += batch.size();
    for (const PacketView& packet : batch) bytes += packet.wire_length;
    last_port = batch.back().source_port;
    if (stop_fd >= 0) eventfd_write(stop_fd, 1);
  }
  void loss(const CaptureLoss& total) override { losses.push_back(total); }
  void ended(const Result<void>& result) override {
    ++ends;
    code = result.ok() ? ErrorCode::kInternal : result.error().code;
    ok = result.ok();
  }
  size_t batches = 0;
  size_t largest = 0;
  size_t packet_count = 0;
  uint64_t bytes = 0;
  uint16_t last_port = 0;
  std::vector<CaptureLoss> losses;
  int ends = 0;
  ErrorCode code = ErrorCode::kInternal;
  bool ok = false;
  int stop_fd = -1;  ///< if set: stop at the first batch
};

/// A live source whose ring holds `waiting` frames, and which fails when it is empty, if told to.
class ScriptedSource final : public FrameSource {
 public:
  ScriptedSource(size_t waiting, bool vanishes)
      : waiting_(waiting), vanishes_(vanishes), fd_(eventfd(1, EFD_CLOEXEC)) {}
  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    const auto bytes = test::udp_frame(1, 64);
    const size_t count = std::min(limit, waiting_);
    for (size_t i = 0; i < count; ++i) callback(context, Frame{Bytes(bytes), 64, 1, 1});
    waiting_ -= count;
    if (count == 0 && vanishes_) return Error{ErrorCode::kDeviceVanished, "", 0, "eth9", {}};
    return ReadResult{count, false};
  }
  int ready_fd() const noexcept override { return fd_.get(); }
  CaptureLoss loss() override { return {5, 1}; }
  int link_type() const noexcept override { return 1; }

 private:
  size_t waiting_;
  bool vanishes_;
  UniqueFd fd_;
};

/// A ring whose open block is handed over 10 ms after the source was made, as TPACKET_V3 does.
class LateSource final : public FrameSource {
 public:
  LateSource() : fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    itimerspec soon{};
    soon.it_value.tv_nsec = 10 * kNanosPerMilli;
    CHECK_EQ(timerfd_settime(fd_.get(), 0, &soon, nullptr), 0);
  }
  Result<ReadResult> read(size_t, FrameCallback callback, void* context) override {
    uint64_t fired = 0;
    if (::read(fd_.get(), &fired, sizeof fired) < 0) return ReadResult{0, false};
    callback(context, Frame{Bytes(frame_), 64, 1, 1});
    return ReadResult{1, false};
  }
  int ready_fd() const noexcept override { return fd_.get(); }
  CaptureLoss loss() override { return {}; }
  int link_type() const noexcept override { return 1; }

 private:
  std::vector<uint8_t> frame_ = test::udp_frame(1, 64);
  UniqueFd fd_;
};

/// A live source that never has anything, and counts how often it is asked.
class SilentSource final : public FrameSource {
 public:
  explicit SilentSource(size_t& reads) : reads_(reads), fd_(eventfd(0, EFD_CLOEXEC)) {}
  Result<ReadResult> read(size_t, FrameCallback, void*) override {
    ++reads_;
    return ReadResult{0, false};
  }
  int ready_fd() const noexcept override { return fd_.get(); }
  CaptureLoss loss() override { return {}; }
  int link_type() const noexcept override { return 1; }

 private:
  size_t& reads_;
  UniqueFd fd_;
};

UniqueFd capture_file(size_t packets, size_t cut) {
  test::ByteWriter out(false);
  test::pcap_header(out, 0xa1b2c3d4, 1);
  for (size_t i = 0; i < packets; ++i) {
    test::pcap_record(out, 1, 0, test::udp_frame(static_cast<uint16_t>(i), 100), 100);
  }
  UniqueFd fd(memfd_create("capture", MFD_CLOEXEC));
  const size_t length = out.bytes().size() - cut;
  CHECK_EQ(::write(fd.get(), out.bytes().data(), length), static_cast<ssize_t>(length));
  return fd;
}

std::unique_ptr<FrameSource> open(const UniqueFd& fd) {
  auto source = open_file({"/proc/self/fd/" + std::to_string(fd.get()), {}});
  CHECK(source.ok());
  return std::move(source).value();
}

}  // namespace

TEST("a file runs to its end in full batches, decoded") {
  const UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  RecordingSink sink;
  CaptureLoop(open(capture_file(1000, 0)), sink).run(stop.get());
  CHECK_EQ(sink.packet_count, 1000U);
  CHECK_EQ(sink.bytes, 100'000U);
  CHECK_EQ(sink.batches, 4U);
  CHECK_EQ(sink.largest, CaptureLoop::kBatchSize);
  CHECK_EQ(sink.last_port, 1024 + 999);
  CHECK(sink.losses.empty());
  CHECK(sink.ends == 1 && sink.ok);
}

TEST("a cut file hands over its whole packets and then ends with the reason") {
  const UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  RecordingSink sink;
  CaptureLoop(open(capture_file(300, 1)), sink).run(stop.get());
  CHECK_EQ(sink.packet_count, 299U);
  CHECK(sink.ends == 1 && sink.code == ErrorCode::kFileTruncated);
}

TEST("a long file can be stopped on the way") {
  const UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  RecordingSink sink;
  sink.stop_fd = stop.get();
  CaptureLoop(open(capture_file(50'000, 0)), sink).run(stop.get());
  CHECK(sink.packet_count < 10'000);
  CHECK(sink.ends == 1 && sink.ok);
}

TEST("a stopped live source is drained and its loss read a last time") {
  const UniqueFd stop(eventfd(1, EFD_CLOEXEC));
  RecordingSink sink;
  CaptureLoop(std::make_unique<ScriptedSource>(10'000, false), sink).run(stop.get());
  CHECK_EQ(sink.packet_count, 10'000U);
  CHECK_EQ(sink.losses.size(), 1U);  // unchanged counters are not reported again
  CHECK_EQ(sink.losses[0].kernel_drops, 5U);
  CHECK(sink.ends == 1 && sink.ok);
}

TEST("frames that lie in an open block when capture is stopped are waited for") {
  const UniqueFd stop(eventfd(1, EFD_CLOEXEC));
  RecordingSink sink;
  CaptureLoop(std::make_unique<LateSource>(), sink, 200 * kNanosPerMilli).run(stop.get());
  CHECK_EQ(sink.packet_count, 1U);
  CHECK(sink.ends == 1 && sink.ok);
}

TEST("a device that vanishes ends the loop with that error, after its last packets") {
  const UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  RecordingSink sink;
  CaptureLoop(std::make_unique<ScriptedSource>(300, true), sink).run(stop.get());
  CHECK_EQ(sink.packet_count, 300U);
  CHECK(sink.ends == 1 && sink.code == ErrorCode::kDeviceVanished);
}

TEST("an idle loop wakes for its stop descriptor, not for its own timeout") {
  const UniqueFd stop(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  itimerspec soon{};
  soon.it_value.tv_nsec = 20 * kNanosPerMilli;
  CHECK_EQ(timerfd_settime(stop.get(), 0, &soon, nullptr), 0);
  RecordingSink sink;
  size_t reads = 0;
  CaptureLoop(std::make_unique<SilentSource>(reads), sink).run(stop.get());
  // Once before it waits and once after the stop: its own timeout would have been one more.
  CHECK_EQ(reads, 2U);
  CHECK(sink.ends == 1 && sink.ok);
}

}  // namespace nettrace
