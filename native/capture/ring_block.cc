#include "native/capture/ring_block.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "native/base/clock.h"
#include "native/capture/virtio_header.h"

namespace nettrace {
namespace {

constexpr size_t kTagOffset = 12;  ///< behind the two link addresses
constexpr uint8_t kTagLength = 4;
/// In the sockaddr_ll behind a frame's header.
constexpr size_t kPacketTypeOffset = TPACKET_ALIGN(sizeof(tpacket3_hdr)) + offsetof(sockaddr_ll, sll_pkttype);

template <typename T>
bool load(std::span<const uint8_t> block, size_t offset, T& value) noexcept {
  if (offset > block.size() || sizeof value > block.size() - offset) return false;
  std::memcpy(&value, block.data() + offset, sizeof value);
  return true;
}

/// `skipped`: bytes of the frame before its start.
Segmentation segmentation_of(const VirtioHeader& header, uint32_t skipped) noexcept {
  Segmentation how;
  switch (header.segmentation & ~VirtioHeader::kEcn) {
    case VirtioHeader::kTcp4:
    case VirtioHeader::kTcp6:
      how.kind = Segmentation::Kind::kTcp;
      break;
    case VirtioHeader::kUdp:
      how.kind = Segmentation::Kind::kUdp;
      break;
    default:
      return how;
  }
  how.segment_size = header.segment_size;
  const bool says_where = (header.flags & VirtioHeader::kNeedsChecksum) != 0 && header.checksum_start > skipped;
  how.transport_offset = says_where ? static_cast<uint16_t>(header.checksum_start - skipped) : 0;
  return how;
}

/// Puts the tag that the kernel has taken out back to its place: in front of the frame's bytes there is the virtio
/// header, which has been read.
void insert_tag(const tpacket3_hdr& header, std::span<uint8_t> block, size_t start, Frame& frame) noexcept {
  const bool has_type = (header.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
  const uint16_t type = has_type ? header.hv1.tp_vlan_tpid : static_cast<uint16_t>(ETH_P_8021Q);
  const auto tag = static_cast<uint16_t>(header.hv1.tp_vlan_tci);
  uint8_t* const moved = block.data() + start - kTagLength;
  std::memmove(moved, moved + kTagLength, kTagOffset);
  const uint8_t bytes[kTagLength] = {static_cast<uint8_t>(type >> 8), static_cast<uint8_t>(type),
                                     static_cast<uint8_t>(tag >> 8), static_cast<uint8_t>(tag)};
  std::memcpy(moved + kTagOffset, bytes, kTagLength);
  frame.bytes = Bytes(moved, frame.bytes.size() + kTagLength);
  frame.length += kTagLength;
  frame.inserted = kTagLength;
  if (frame.segmentation.transport_offset != 0) frame.segmentation.transport_offset += kTagLength;
}

/// The frame behind a header at `offset`; false where there is none.
bool read_frame(const tpacket3_hdr& header, std::span<uint8_t> block, size_t offset, const RingFormat& format,
                Frame& frame) noexcept {
  uint8_t packet_type = 0;
  VirtioHeader offload{};
  // Without TP_STATUS_USER the kernel made room and then dropped the frame (segmentation that virtio cannot name, such
  // as SCTP's); it is counted as a drop, and the rest of the header is left over from an earlier frame.
  if ((header.tp_status & TP_STATUS_USER) == 0 || header.tp_mac < sizeof offload) return false;
  if (!load(block, offset + kPacketTypeOffset, packet_type)) return false;
  if (format.loopback && packet_type == PACKET_OUTGOING) return false;
  const uint32_t link = header.tp_net > header.tp_mac ? header.tp_net - header.tp_mac : 0;
  const uint32_t skipped = format.has_link ? 0 : std::min({link, header.tp_snaplen, header.tp_len});
  const size_t start = offset + header.tp_mac + skipped;
  const uint32_t captured = header.tp_snaplen - skipped;
  if (start > block.size() || captured > block.size() - start) return false;
  if (!load(block, offset + header.tp_mac - sizeof offload, offload)) return false;

  frame.bytes = Bytes(block.data() + start, captured);
  frame.length = std::max(header.tp_len - skipped, captured);
  frame.timestamp_ns = int64_t{header.tp_sec} * kNanosPerSecond + header.tp_nsec;
  frame.link_type = format.link_type;
  frame.inserted = 0;
  frame.packet_type = packet_type <= PACKET_OUTGOING ? static_cast<PacketType>(packet_type) : PacketType::kUnknown;
  frame.segmentation = segmentation_of(offload, skipped);
  const bool tagged = (header.tp_status & TP_STATUS_VLAN_VALID) != 0 && format.has_link && captured >= kTagOffset;
  if (tagged) insert_tag(header, block, start, frame);
  return true;
}

/// Another CPU has written the block: the next frame is on its way while this one is decoded.
void prefetch(std::span<const uint8_t> block, size_t offset) noexcept {
  constexpr size_t kCacheLine = 64;
  constexpr size_t kLines = 3;  // the headers of the ring and those of the packet
  if (offset > block.size() || block.size() - offset < kLines * kCacheLine) return;
  for (size_t line = 0; line < kLines; ++line) __builtin_prefetch(block.data() + offset + line * kCacheLine);
}

}  // namespace

RingBlock::RingBlock(std::span<uint8_t> block) noexcept : block_(block) {
  tpacket_block_desc description{};
  if (!load(block_, 0, description)) return;
  frames_ = description.hdr.bh1.num_pkts;
  offset_ = description.hdr.bh1.offset_to_first_pkt;
}

bool RingBlock::next(const RingFormat& format, Frame& frame) noexcept {
  while (frames_ > 0) {
    const size_t offset = offset_;
    tpacket3_hdr header{};
    if (!load(block_, offset, header)) {
      frames_ = 0;
      return false;
    }
    --frames_;
    offset_ = offset + header.tp_next_offset;
    prefetch(block_, offset_);
    if (header.tp_next_offset == 0) frames_ = 0;  // the last one
    if (read_frame(header, block_, offset, format, frame)) return true;
  }
  return false;
}

}  // namespace nettrace
