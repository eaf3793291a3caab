#include "native/capture/packet_ring.h"

#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstdlib>
#include <utility>

namespace nettrace {

DeviceDrops::DeviceDrops(const std::string& device) {
  const std::string folder = "/sys/class/net/" + device + "/statistics/";
  const auto open = [&](const char* name) { return UniqueFd(::open((folder + name).c_str(), O_RDONLY | O_CLOEXEC)); };
  files_ = {open("rx_missed_errors"), open("rx_fifo_errors")};
  before_ = sum();
}

uint64_t DeviceDrops::count() const noexcept {
  const uint64_t now = sum();
  return now > before_ ? now - before_ : 0;
}

uint64_t DeviceDrops::sum() const noexcept {
  uint64_t total = 0;
  for (const UniqueFd& file : files_) {
    std::array<char, 32> text{};
    if (file && ::pread(file.get(), text.data(), text.size() - 1, 0) > 0) {
      total += std::strtoull(text.data(), nullptr, 10);
    }
  }
  return total;
}

PacketRing::PacketRing(PacketSocket socket, std::string device)
    : socket_(std::move(socket)), device_(std::move(device)), drops_(device_) {}

bool PacketRing::next(Frame& frame) {
  while (holds_block_ || take_block()) {
    if (block_.next(socket_.format, frame)) {
      was_down_ = false;
      return true;
    }
    give_block_back();
  }
  return false;
}

CaptureLoss PacketRing::loss() {
  tpacket_stats_v3 since_last{};
  socklen_t length = sizeof since_last;
  if (::getsockopt(socket_.fd.get(), SOL_PACKET, PACKET_STATISTICS, &since_last, &length) == 0) {
    loss_.kernel_drops += since_last.tp_drops;
  }
  loss_.interface_drops = drops_.count();
  return loss_;
}

/// Shared with the kernel, which writes it last when it hands a block over, and reads it when it wants one.
std::atomic_ref<uint32_t> PacketRing::status() const noexcept {
  auto& block = *reinterpret_cast<tpacket_block_desc*>(socket_.ring.block(current_).data());
  return std::atomic_ref<uint32_t>(block.hdr.bh1.block_status);
}

bool PacketRing::take_block() noexcept {
  if ((status().load(std::memory_order_acquire) & TP_STATUS_USER) == 0) return false;
  block_ = RingBlock(socket_.ring.block(current_));
  holds_block_ = true;
  return true;
}

void PacketRing::give_block_back() noexcept {
  status().store(TP_STATUS_KERNEL, std::memory_order_release);
  if (++current_ == socket_.ring.blocks()) current_ = 0;
  holds_block_ = false;
}

/// A device that goes down may come up again, and says so once; whether it went for good has to be asked for.
Result<void> PacketRing::check() {
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

}  // namespace nettrace
