// Owns: the order of waiting, reading and reporting.
#include "native/capture/capture_loop.h"

#include <poll.h>

#include <utility>

#include "native/base/clock.h"
#include "native/decode/decode.h"

namespace nettrace {
namespace {

/// The stop descriptor and the ring wake the thread; this is only how often an idle one looks at the loss counters.
constexpr int kIdleWaitMs = 1000;
constexpr int64_t kLossInterval = 100 * kNanosPerMilli;
/// A ring that is still full this long after its time is left alone: the clock of its time stamps may have been set.
constexpr int64_t kLongestDrainMs = 1000;
/// A source that always has frames (a file, a flood) is asked about the stop descriptor every so many batches.
constexpr unsigned kBatchesPerStopCheck = 16;

}  // namespace

void CaptureLoop::decode(void* context, const Frame& frame) {
  auto& self = *static_cast<CaptureLoop*>(context);
  PacketView& view = self.batch_[self.batch_length_++];
  view = decode_frame(frame);
  if (self.names_ != nullptr && view.payload_offset != 0) self.look_for_name(frame, view);
}

void CaptureLoop::look_for_name(const Frame& frame, const PacketView& view) {
  const Bytes payload = frame.bytes.from(view.payload_offset).first(view.payload_length);
  // Loopback, where all is received, has no link addresses.
  const bool received = view.packet_type == PacketType::kHost && view.source_mac != 0;
  const Talk talk{view.timestamp_ns, view.protocol, view.source_port, view.destination_port, received};
  if (!may_name_host(talk, payload) || view.fragment != FragmentKind::kNone) [[likely]]
    return;
  if (names_->found.size() >= kMostClues) return;
  NamedPacket& named = names_->found.emplace_back();
  named.packet = view;
  if (!names_->reader.read(talk, payload, named.clue)) names_->found.pop_back();
}

CaptureLoop::Round CaptureLoop::read_batch() {
  batch_length_ = 0;
  if (names_ != nullptr) names_->found.clear();
  auto read = source_->read(kBatchSize, &CaptureLoop::decode, this);
  if (names_ != nullptr && !names_->found.empty()) sink_.names(names_->found);
  if (batch_length_ > 0) sink_.packets(std::span<const PacketView>(batch_).first(batch_length_));
  if (!read) {
    result_ = std::move(read.error());
    return Round::kFinished;
  }
  if (read.value().end) return Round::kFinished;
  return read.value().frames == kBatchSize ? Round::kFull : Round::kEmptied;
}

void CaptureLoop::report_loss(int64_t now_ns) {
  loss_read_ns_ = now_ns;
  const CaptureLoss now = source_->loss();
  if (now == reported_) return;
  reported_ = now;
  sink_.loss(now);
}

/// Waits until there is something to read or to stop for; true to stop.
bool CaptureLoop::wait(int stop_fd, int timeout_ms) const noexcept {
  pollfd both[] = {{stop_fd, POLLIN, 0}, {source_->ready_fd(), POLLIN, 0}};
  ::poll(both, 2, timeout_ms);  // EINTR and errors: the source is asked anyway
  return both[0].revents != 0;
}

void CaptureLoop::drain() {
  if (source_->ready_fd() < 0) return;
  const int64_t stopped = realtime_nanos();
  const int64_t end = monotonic_nanos() + drain_ns_;
  for (;;) {
    const Round round = read_batch();
    if (round == Round::kFinished) return;
    // A ring hands over in the order of capture: a later frame means that all from before the stop have been read.
    if (batch_length_ > 0 && batch_[batch_length_ - 1].timestamp_ns > stopped) return;
    const int64_t left_ms = (end - monotonic_nanos()) / kNanosPerMilli;
    if (round == Round::kFull && left_ms > -kLongestDrainMs) continue;
    if (left_ms <= 0) return;
    pollfd ready{source_->ready_fd(), POLLIN, 0};
    ::poll(&ready, 1, static_cast<int>(left_ms));
  }
}

void CaptureLoop::run(int stop_fd) {
  const bool always_ready = source_->ready_fd() < 0;
  for (unsigned batches = 0;;) {
    const Round round = read_batch();
    if (round == Round::kFinished) break;
    const bool idle = round == Round::kEmptied && !always_ready;
    if (!idle && ++batches % kBatchesPerStopCheck != 0) continue;
    const int64_t now = monotonic_nanos();
    if (now - loss_read_ns_ >= kLossInterval) report_loss(now);
    if (wait(stop_fd, idle ? kIdleWaitMs : 0)) {
      drain();
      break;
    }
  }
  report_loss(monotonic_nanos());
  sink_.ended(result_);
}

}  // namespace nettrace
