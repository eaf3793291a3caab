// Owns: the BPF program that shows frames as they leave (egress.bpf.c): loading it, and a ring for each device.
// Knows nothing of: what is in a frame, and who reads it when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "native/base/result.h"
#include "native/base/unique_fd.h"
#include "native/meter/egress.h"
#include "native/meter/ring_reader.h"
#include "native/meter/skeleton.h"

namespace nettrace {

/// What is kept of the frames of a device.
struct EgressOptions {
  uint32_t device_index = 0;
  bool has_link = true;     ///< false: a frame starts at its network header
  uint32_t keep = 128;      ///< bytes of a frame, at most EgressTap::kMostKept
  uint32_t keep_named = 0;  ///< of one that may name a host, at most 3,076; 0: none are looked for
  size_t ring_bytes = 0;    ///< rounded down to a power of two
};

/// A frame as it left; `bytes` is valid until its room is given back.
struct EgressFrame {
  meter_frame head;
  std::span<const uint8_t> bytes;
};

class EgressTap;

/// The frames that leave by one device, oldest first. One thread uses it. None comes any more once it is gone.
class EgressRing {
 public:
  EgressRing(EgressRing&& other) noexcept = default;
  EgressRing& operator=(EgressRing&&) = delete;
  ~EgressRing();

  /// The oldest frame that was not passed; false where there is none, or it is still being written.
  bool peek(EgressFrame& frame) noexcept;
  /// Passes it; the frame stays valid until give_back(), which makes room for others.
  void pass() noexcept { reader_.pass(); }
  void give_back() noexcept { reader_.give_back(); }
  /// Bytes that wait, with the ring's own headers.
  size_t waiting() const noexcept { return reader_.waiting(); }
  size_t size() const noexcept { return size_; }
  /// fd() becomes readable, once, when a frame comes and so many bytes wait. Frames that were there before may not
  /// count.
  void wake_at(size_t bytes) noexcept;
  int fd() const noexcept { return ring_.get(); }
  /// Frames that found the ring full, since it was made.
  uint64_t lost() const noexcept;

 private:
  friend class EgressTap;
  EgressRing(std::shared_ptr<const EgressTap> tap, uint32_t device_index, UniqueFd ring, RingReader reader,
             size_t size) noexcept;
  meter_tap& state() const noexcept;

  std::shared_ptr<const EgressTap> tap_;
  uint32_t device_index_;
  UniqueFd ring_;
  RingReader reader_;
  size_t size_;
};

/// The program, attached from open() until this object and all rings are gone.
class EgressTap : public std::enable_shared_from_this<EgressTap> {
 public:
  static constexpr uint32_t kMostKept = METER_FRAME_BYTES - 4;

  /// For devices of the calling thread's network namespace. Works on Linux 6.18. Errors: kNotPermitted,
  /// kMeterUnsupported, kMeterFailed.
  static Result<std::shared_ptr<const EgressTap>> open();
  ~EgressTap();
  EgressTap(const EgressTap&) = delete;
  EgressTap& operator=(const EgressTap&) = delete;

  /// Frames that leave by the device from now on. One ring for each device. Errors: kMeterUnsupported where the index
  /// is too high, kMeterFailed.
  Result<EgressRing> watch(const EgressOptions& options) const;

 private:
  friend class EgressRing;
  EgressTap(Skeleton skeleton, UniqueFd link, meter_tap* taps) noexcept;

  Skeleton skeleton_;
  UniqueFd link_;
  meter_tap* taps_;  ///< the kernel's table, by device index
};

}  // namespace nettrace
