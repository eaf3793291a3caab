// Owns: an AF_PACKET socket with a TPACKET_V3 ring that tells segmentation (PACKET_VNET_HDR): opening and mapping it.
// Knows nothing of: reading the ring (ring_source.h) and what is in a block (ring_block.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "native/base/result.h"
#include "native/base/unique_fd.h"
#include "native/capture/live_source.h"
#include "native/capture/ring_block.h"

namespace nettrace {

/// The ring's memory; unmapped when its owner goes.
class RingMemory {
 public:
  RingMemory() noexcept = default;
  RingMemory(std::span<uint8_t> memory, size_t block_size) noexcept : memory_(memory), block_size_(block_size) {}
  RingMemory(RingMemory&& other) noexcept;
  RingMemory& operator=(RingMemory&&) = delete;
  ~RingMemory();

  size_t blocks() const noexcept { return block_size_ == 0 ? 0 : memory_.size() / block_size_; }
  std::span<uint8_t> block(size_t number) const noexcept { return memory_.subspan(number * block_size_, block_size_); }

 private:
  std::span<uint8_t> memory_;
  size_t block_size_ = 0;
};

struct PacketSocket {
  UniqueFd fd;
  RingMemory ring;
  RingFormat format;
  uint32_t device_index = 0;
};

/// Format of the frames of a device of this hardware type (ARPHRD_, linux/if_arp.h); kLinkTypeUnknown where only
/// libpcap knows what they look like.
Result<RingFormat> ring_format(uint16_t hardware_type, const std::string& device);

/// Opens, filters, maps and binds, in this order: no frame from before the filter ever enters the ring. Errors as
/// open_live(), and kLinkTypeUnknown: libpcap has to take over.
Result<PacketSocket> open_packet_socket(const LiveOptions& options);

}  // namespace nettrace
