// Owns: the order of frames of two rings, and when their reader is woken.
#include "native/tap/tapped_source.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "native/base/clock.h"
#include "native/capture/name_filter.h"
#include "native/capture/packet_ring.h"
#include "native/capture/packet_socket.h"

namespace nettrace {
namespace {

/// A block is handed over at its time-out, and a tick of the kernel's clock later.
constexpr int64_t kLate = 10 * kNanosPerMilli;

Segmentation segmentation_of(const meter_frame& head) noexcept {
  Segmentation how;
  if (head.segmentation == METER_WHOLE) return how;
  how.kind = head.segmentation == METER_TCP_SEGMENTS ? Segmentation::Kind::kTcp : Segmentation::Kind::kUdp;
  how.segment_size = head.segment_size;
  how.transport_offset = head.transport_offset;
  return how;
}

Error failed(const char* call, const std::string& device) {
  return Error::from_errno(ErrorCode::kCaptureFailed, call, device);
}

/// What wakes the reader: a block of the one ring, the word of the other one, and the time of what waits there.
class Bell {
 public:
  static Result<Bell> open(int incoming, int outgoing, const std::string& device) {
    Bell bell;
    bell.epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
    bell.timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!bell.epoll_ || !bell.timer_) return failed("timerfd_create", device);
    // Frames that wait for their time are no news.
    const bool added =
        bell.add(incoming, EPOLLIN) && bell.add(outgoing, EPOLLIN | EPOLLET) && bell.add(bell.timer_.get(), EPOLLIN);
    if (!added) return failed("epoll_ctl", device);
    return bell;
  }

  int fd() const noexcept { return epoll_.get(); }
  /// The outgoing ring has been heard.
  void hear() const noexcept {
    std::array<epoll_event, 3> events;
    ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  }
  /// Rings then; 0: not.
  void ring_at(int64_t monotonic_ns) noexcept {
    if (monotonic_ns == 0 && at_ns_ == 0) return;
    at_ns_ = monotonic_ns;
    itimerspec when{};
    when.it_value = {static_cast<time_t>(at_ns_ / kNanosPerSecond), static_cast<long>(at_ns_ % kNanosPerSecond)};
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }

 private:
  bool add(int fd, uint32_t events) const noexcept {
    epoll_event event{};
    event.events = events;
    return ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
  }

  UniqueFd epoll_;
  UniqueFd timer_;
  int64_t at_ns_ = 0;
};

class TappedSource final : public FrameSource {
 public:
  TappedSource(PacketRing incoming, EgressRing outgoing, Bell bell, int64_t wait_ns)
      : incoming_(std::move(incoming)), outgoing_(std::move(outgoing)), bell_(std::move(bell)), wait_ns_(wait_ns) {
    outgoing_.wake_at(1);
  }

  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    if (waits_) bell_.hear();
    waits_ = false;
    // A crowded ring is emptied at once: frames out of order are better than none.
    const int64_t now = monotonic_nanos();
    ahead_ns_ = realtime_ahead_of(CLOCK_MONOTONIC);
    const int64_t ripe = is_crowded() ? std::numeric_limits<int64_t>::max() : now - wait_ns_;
    ReadResult result;
    while (result.frames < limit && give_next(ripe, callback, context)) ++result.frames;
    outgoing_.give_back();
    if (result.frames == limit) return result;
    await();
    if (result.frames > 0) return result;
    if (auto well = incoming_.check(); !well) return std::move(well.error());
    return result;
  }

  int ready_fd() const noexcept override { return bell_.fd(); }
  int link_type() const noexcept override { return incoming_.format().link_type; }

  CaptureLoss loss() override {
    CaptureLoss loss = incoming_.loss();
    loss.kernel_drops += outgoing_.lost();
    return loss;
  }

 private:
  bool is_crowded() const noexcept { return outgoing_.waiting() > outgoing_.size() / 2; }

  /// The older of the two oldest frames. One that left before `ripe` waits for nothing.
  bool give_next(int64_t ripe, FrameCallback callback, void* context) {
    if (!holds_incoming_) holds_incoming_ = incoming_.next(received_);
    EgressFrame sent;
    const bool has_sent = outgoing_.peek(sent);
    const auto sent_ns = static_cast<int64_t>(sent.head.time);
    if (holds_incoming_ && (!has_sent || received_.timestamp_ns <= sent_ns + ahead_ns_)) {
      holds_incoming_ = false;
      callback(context, received_);
      return true;
    }
    if (!has_sent || (!holds_incoming_ && sent_ns > ripe)) return false;
    give(sent, callback, context);
    was_given_ = true;
    outgoing_.pass();
    return true;
  }

  void give(const EgressFrame& sent, FrameCallback callback, void* context) const {
    Frame frame;
    frame.bytes = Bytes(sent.bytes.data(), sent.bytes.size());
    frame.length = sent.head.length;
    frame.timestamp_ns = static_cast<int64_t>(sent.head.time) + ahead_ns_;
    frame.link_type = link_type();
    frame.inserted = sent.head.inserted;
    frame.packet_type = PacketType::kOutgoing;
    frame.segmentation = segmentation_of(sent.head);
    callback(context, frame);
  }

  /// Where frames wait, a clock says when it is their time, unless they become too many; after a silence the next one
  /// says so itself.
  void await() noexcept {
    waits_ = true;
    outgoing_.wake_at(was_given_ ? outgoing_.size() / 2 : 1);
    if (outgoing_.waiting() == 0) {
      bell_.ring_at(was_given_ ? monotonic_nanos() + wait_ns_ : 0);
      was_given_ = false;
      return;
    }
    outgoing_.wake_at(outgoing_.size() / 2);
    EgressFrame oldest;
    const bool written = outgoing_.peek(oldest);
    bell_.ring_at(written ? static_cast<int64_t>(oldest.head.time) + wait_ns_ : monotonic_nanos() + kNanosPerMilli);
  }

  PacketRing incoming_;
  EgressRing outgoing_;
  Bell bell_;
  int64_t wait_ns_;
  int64_t ahead_ns_ = 0;  ///< CLOCK_REALTIME less CLOCK_MONOTONIC, in which the program counts
  Frame received_;
  bool holds_incoming_ = false;
  bool was_given_ = false;  ///< a frame that left, since there was silence
  bool waits_ = true;
};

}  // namespace

bool can_tap(const LiveOptions& options) noexcept {
  return options.filter.empty() && options.snaplen <= static_cast<int>(EgressTap::kMostKept);
}

Result<std::unique_ptr<FrameSource>> open_tapped(const LiveOptions& options,
                                                 const std::shared_ptr<const EgressTap>& tap) {
  if (!can_tap(options)) return Error{ErrorCode::kMeterUnsupported, "", 0, options.device, {}};
  LiveOptions coming = options;
  coming.incoming_only = true;
  coming.ring_bytes = options.ring_bytes / 2;
  auto socket = open_packet_socket(coming);
  if (!socket) return std::move(socket.error());
  if (socket.value().format.loopback) return Error{ErrorCode::kMeterUnsupported, "", 0, options.device, {}};
  PacketRing incoming(std::move(socket).value(), options.device);
  EgressOptions leaving;
  leaving.device_index = incoming.device_index();
  leaving.has_link = incoming.format().has_link;
  leaving.keep = static_cast<uint32_t>(options.snaplen);
  leaving.keep_named = options.names ? kNamedBytes : 0;
  leaving.ring_bytes = static_cast<size_t>(options.ring_bytes) / 4;  // mapped twice, and it counts twice in the RSS
  auto outgoing = tap->watch(leaving);
  if (!outgoing) return std::move(outgoing.error());
  auto bell = Bell::open(incoming.fd(), outgoing.value().fd(), options.device);
  if (!bell) return std::move(bell.error());
  const int64_t wait_ns = int64_t{options.timeout_ms} * kNanosPerMilli + kLate;
  return std::unique_ptr<FrameSource>(std::make_unique<TappedSource>(std::move(incoming), std::move(outgoing).value(),
                                                                     std::move(bell).value(), wait_ns));
}

}  // namespace nettrace
