// Owns: taking blocks from the ring and giving them back, loss, and what an error of the socket means.
#include "native/capture/ring_source.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <utility>

#include "native/capture/packet_socket.h"

namespace nettrace {
namespace {

/// Frames that the device had no room for. sysfs answers without the lock that netlink takes, and by an open file also
/// after the device got another name.
class DeviceDrops {
 public:
  explicit DeviceDrops(const std::string& device) {
    const std::string folder = "/sys/class/net/" + device + "/statistics/";
    const char* const names[] = {"rx_missed_errors", "rx_fifo_errors"};
    for (size_t i = 0; i < files_.size(); ++i) {
      files_[i].reset(::open((folder + names[i]).c_str(), O_RDONLY | O_CLOEXEC));
    }
    before_ = sum();
  }
  /// Since this object was made. 0 where there is no sysfs.
  uint64_t count() const noexcept {
    const uint64_t now = sum();
    return now > before_ ? now - before_ : 0;
  }

 private:
  uint64_t sum() const noexcept {
    uint64_t total = 0;
    for (const UniqueFd& file : files_) {
      std::array<char, 32> text{};
      if (file && ::pread(file.get(), text.data(), text.size() - 1, 0) > 0) {
        total += std::strtoull(text.data(), nullptr, 10);
      }
    }
    return total;
  }

  std::array<UniqueFd, 2> files_;
  uint64_t before_ = 0;
};

class RingSource final : public FrameSource {
 public:
  RingSource(PacketSocket socket, std::string device)
      : socket_(std::move(socket)), device_(std::move(device)), drops_(device_) {}

  Result<ReadResult> read(size_t limit, FrameCallback callback, void* context) override {
    ReadResult result;
    Frame frame;
    while (result.frames < limit && (holds_block_ || take_block())) {
      if (block_.next(socket_.format, frame)) {
        callback(context, frame);
        ++result.frames;
      } else {
        give_block_back();
      }
    }
    if (result.frames > 0) {
      was_down_ = false;
      return result;
    }
    if (auto well = check_socket(); !well) return std::move(well.error());
    return result;
  }

  int ready_fd() const noexcept override { return socket_.fd.get(); }
  int link_type() const noexcept override { return socket_.format.link_type; }

  CaptureLoss loss() override {
    tpacket_stats_v3 since_last{};
    socklen_t length = sizeof since_last;
    if (::getsockopt(socket_.fd.get(), SOL_PACKET, PACKET_STATISTICS, &since_last, &length) == 0) {
      loss_.kernel_drops += since_last.tp_drops;
    }
    loss_.interface_drops = drops_.count();
    return loss_;
  }

 private:
  /// Shared with the kernel, which writes it last when it hands a block over, and reads it when it wants one.
  std::atomic_ref<uint32_t> status() const noexcept {
    auto& block = *reinterpret_cast<tpacket_block_desc*>(socket_.ring.block(current_).data());
    return std::atomic_ref<uint32_t>(block.hdr.bh1.block_status);
  }

  bool take_block() noexcept {
    if ((status().load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
    block_ = RingBlock(socket_.ring.block(current_));
    holds_block_ = true;
    return true;
  }

  void give_block_back() noexcept {
    status().store(TP_STATUS_KERNEL, std::memory_order_release);
    if (++current_ == socket_.ring.blocks()) current_ = 0;
    holds_block_ = false;
  }

  /// A device that goes down may come up again, and says so once; whether it went for good has to be asked for.
  Result<void> check_socket() {
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket_.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error == 0 && !was_down_) return {};
    std::array<char, IF_NAMESIZE> name{};
    if (if_indextoname(socket_.device_index, name.data()) == nullptr) {
      return Error{ErrorCode::kDeviceVanished, "poll", error, device_, {}};
    }
    if (error != 0 && error != ENETDOWN) return Error{ErrorCode::kCaptureFailed, "poll", error, device_, {}};
    was_down_ = true;
    return {};
  }

  PacketSocket socket_;
  std::string device_;
  DeviceDrops drops_;
  CaptureLoss loss_;
  RingBlock block_;
  size_t current_ = 0;
  bool holds_block_ = false;
  bool was_down_ = false;  ///< and no frame has come since
};

}  // namespace

Result<std::unique_ptr<FrameSource>> open_ring(const LiveOptions& options) {
  auto socket = open_packet_socket(options);
  if (!socket) return std::move(socket.error());
  return std::unique_ptr<FrameSource>(std::make_unique<RingSource>(std::move(socket).value(), options.device));
}

}  // namespace nettrace
