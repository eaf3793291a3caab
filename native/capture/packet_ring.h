// Owns: reading an own TPACKET_V3 ring frame by frame: blocks are taken and given back, loss, what an error means.
// Knows nothing of: opening the socket (packet_socket.h), and who else has frames of the device.
#pragma once

#include <array>
#include <atomic>
#include <string>

#include "native/capture/frame_source.h"
#include "native/capture/packet_socket.h"

namespace nettrace {

/// Frames that the device had no room for. sysfs answers without the lock that netlink takes, and by an open file also
/// after the device got another name.
class DeviceDrops {
 public:
  explicit DeviceDrops(const std::string& device);
  /// Since this object was made. 0 where there is no sysfs.
  uint64_t count() const noexcept;

 private:
  uint64_t sum() const noexcept;

  std::array<UniqueFd, 2> files_;
  uint64_t before_ = 0;
};

class PacketRing {
 public:
  /// `device` is the name for errors.
  PacketRing(PacketSocket socket, std::string device);

  /// The next frame that is ready; false where there is none. It is valid until the next call.
  bool next(Frame& frame);
  /// After next() had nothing: is the device still there? Errors: kDeviceVanished, kCaptureFailed.
  Result<void> check();
  CaptureLoss loss();
  int fd() const noexcept { return socket_.fd.get(); }
  uint32_t device_index() const noexcept { return socket_.device_index; }
  const RingFormat& format() const noexcept { return socket_.format; }

 private:
  std::atomic_ref<uint32_t> status() const noexcept;
  bool take_block() noexcept;
  void give_block_back() noexcept;

  PacketSocket socket_;
  std::string device_;
  DeviceDrops drops_;
  CaptureLoss loss_;
  RingBlock block_;
  size_t current_ = 0;
  bool holds_block_ = false;
  bool was_down_ = false;  ///< and no frame has come since
};

}  // namespace nettrace
