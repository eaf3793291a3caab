// Owns: the blocks of pcapng.
#include <algorithm>
#include <limits>

#include "native/base/clock.h"
#include "native/capture/capture_format.h"

namespace nettrace {
namespace {

// Block types; the first reads the same in both byte orders.
constexpr uint32_t kSection = 0x0a0d0d0a;
constexpr uint32_t kInterfaceDescription = 1;
constexpr uint32_t kObsoletePacket = 2;
constexpr uint32_t kSimplePacket = 3;
constexpr uint32_t kInterfaceStatistics = 5;
constexpr uint32_t kEnhancedPacket = 6;
constexpr uint32_t kByteOrderMagic = 0x1a2b3c4d;
constexpr size_t kBlockFrame = 12;  ///< type and length before the body, the length again behind it
constexpr size_t kBodyOffset = 8;
/// A hostile file may describe interfaces without end; real ones have a few.
constexpr size_t kMaxInterfaces = 65'536;

constexpr uint16_t kOptionTimeResolution = 9;
constexpr uint16_t kOptionTimeOffset = 14;
constexpr uint16_t kOptionInterfaceDrops = 5;
constexpr uint16_t kOptionSystemDrops = 7;

/// Calls `visit(code, value)` for each option; stops where a length does not fit.
template <typename Visit>
void for_each_option(const FileOrder& order, Bytes options, Visit&& visit) {
  while (options.has(0, 4)) {
    const uint16_t code = order.u16(options, 0);
    const size_t length = order.u16(options, 2);
    if (code == 0 || !options.has(4, length)) return;
    visit(code, options.from(4).first(length));
    options = options.from(4 + ((length + 3) & ~size_t{3}));
  }
}

}  // namespace

bool PcapngFormat::recognises(Bytes window) noexcept {
  const uint32_t order = window.u32(8);
  return window.u32(0) == kSection && (order == kByteOrderMagic || order == __builtin_bswap32(kByteOrderMagic));
}

/// `resolution`: units per second are 10^r, or 2^(r & 127) where the top bit is set (section 4.2, if_tsresol).
int64_t PcapngFormat::Interface::nanos(uint64_t ticks) const noexcept {
  const auto second = static_cast<uint64_t>(kNanosPerSecond);
  uint64_t value = 0;
  if ((resolution & 0x80) != 0) {
    const unsigned bits = resolution & 0x7f;
    if (bits < 64) {
      const uint64_t fraction = bits == 0 ? 0 : ticks & (~uint64_t{0} >> (64 - bits));
      value =
          (ticks >> bits) * second + static_cast<uint64_t>((static_cast<unsigned __int128>(fraction) * second) >> bits);
    }
  } else {
    value = ticks;
    for (unsigned digit = resolution; digit < 9; ++digit) value *= 10;
    for (unsigned digit = 9; digit < resolution && value != 0; ++digit) value /= 10;
  }
  return static_cast<int64_t>(value + static_cast<uint64_t>(offset_seconds) * second);
}

CaptureLoss PcapngFormat::loss() const noexcept {
  CaptureLoss total = earlier_sections_;
  for (const Interface& interface : interfaces_) {
    total.kernel_drops += interface.loss.kernel_drops;
    total.interface_drops += interface.loss.interface_drops;
  }
  return total;
}

CaptureRecord PcapngFormat::next(Bytes window) {
  if (!window.has(0, kBlockFrame)) return CaptureRecord::need(kBlockFrame);
  if (window.u32(0) == kSection) return section(window);
  const uint32_t type = order_.u32(window, 0);
  const size_t length = order_.u32(window, 4);
  if (length < kBlockFrame || length % 4 != 0) return CaptureRecord::invalid("a block has an impossible length");
  const bool is_read = type == kInterfaceDescription || type == kEnhancedPacket || type == kSimplePacket ||
                       type == kObsoletePacket || type == kInterfaceStatistics;
  if (!is_read) return CaptureRecord::skip(length);
  if (length > kMaxRecordLength) return CaptureRecord::invalid("a block has an impossible length");
  if (!window.has(0, length)) return CaptureRecord::need(length);
  if (order_.u32(window, length - 4) != length) return CaptureRecord::invalid("the two lengths of a block differ");
  const Bytes body = window.first(length - 4).from(kBodyOffset);
  switch (type) {
    case kInterfaceDescription:
      return interface_description(body, length);
    case kEnhancedPacket:
      return enhanced_packet(body, length);
    case kSimplePacket:
      return simple_packet(body, length);
    case kObsoletePacket:
      return obsolete_packet(body, length);
    default:
      interface_statistics(body);
      return CaptureRecord::skip(length);
  }
}

CaptureRecord PcapngFormat::section(Bytes window) {
  if (!recognises(window)) return CaptureRecord::invalid("a section header is damaged");
  earlier_sections_ = loss();
  interfaces_.clear();
  order_.big_endian = window.u32(8) == kByteOrderMagic;
  const size_t length = order_.u32(window, 4);
  if (length < 28 || length % 4 != 0) return CaptureRecord::invalid("a block has an impossible length");
  return CaptureRecord::skip(length);
}

CaptureRecord PcapngFormat::interface_description(Bytes body, size_t length) {
  if (!body.has(0, 8)) return CaptureRecord::invalid("an interface description is too short");
  if (interfaces_.size() >= kMaxInterfaces) return CaptureRecord::invalid("the file describes too many interfaces");
  Interface found;
  found.link_type = dlt_of_linktype(order_.u16(body, 0));
  found.snaplen = order_.u32(body, 4);
  for_each_option(order_, body.from(8), [&](uint16_t code, Bytes value) {
    if (code == kOptionTimeResolution && value.has(0, 1)) found.resolution = value.u8(0);
    if (code == kOptionTimeOffset && value.has(0, 8)) found.offset_seconds = static_cast<int64_t>(order_.u64(value, 0));
  });
  if (link_type_ < 0) link_type_ = found.link_type;
  interfaces_.push_back(found);
  return CaptureRecord::skip(length);
}

CaptureRecord PcapngFormat::enhanced_packet(Bytes body, size_t length) const noexcept {
  constexpr size_t kFixed = 20;
  if (!body.has(0, kFixed)) return CaptureRecord::invalid("a packet block is too short");
  const uint64_t ticks = (uint64_t{order_.u32(body, 4)} << 32) | order_.u32(body, 8);
  return packet(order_.u32(body, 0), ticks, order_.u32(body, 12), order_.u32(body, 16), body.from(kFixed),
                kBodyOffset + kFixed, length);
}

CaptureRecord PcapngFormat::obsolete_packet(Bytes body, size_t length) const noexcept {
  constexpr size_t kFixed = 20;
  if (!body.has(0, kFixed)) return CaptureRecord::invalid("a packet block is too short");
  const uint64_t ticks = (uint64_t{order_.u32(body, 4)} << 32) | order_.u32(body, 8);
  return packet(order_.u16(body, 0), ticks, order_.u32(body, 12), order_.u32(body, 16), body.from(kFixed),
                kBodyOffset + kFixed, length);
}

/// Has neither a time nor a captured length of its own: the shortest of wire length, snaplen and block.
CaptureRecord PcapngFormat::simple_packet(Bytes body, size_t length) const noexcept {
  constexpr size_t kFixed = 4;
  if (!body.has(0, kFixed)) return CaptureRecord::invalid("a packet block is too short");
  if (interfaces_.empty()) return CaptureRecord::invalid("a packet names an interface that is not described");
  const uint32_t wire = order_.u32(body, 0);
  const uint32_t snaplen = interfaces_[0].snaplen == 0 ? std::numeric_limits<uint32_t>::max() : interfaces_[0].snaplen;
  const Bytes data = body.from(kFixed);
  const auto captured = static_cast<uint32_t>(std::min<size_t>(std::min(wire, snaplen), data.size()));
  CaptureRecord record = packet(0, 0, captured, wire, data, kBodyOffset + kFixed, length);
  record.timestamp_ns = 0;
  return record;
}

void PcapngFormat::interface_statistics(Bytes body) noexcept {
  if (!body.has(0, 12) || order_.u32(body, 0) >= interfaces_.size()) return;
  CaptureLoss& loss = interfaces_[order_.u32(body, 0)].loss;
  for_each_option(order_, body.from(12), [&](uint16_t code, Bytes value) {
    if (code == kOptionInterfaceDrops && value.has(0, 8)) loss.interface_drops = order_.u64(value, 0);
    if (code == kOptionSystemDrops && value.has(0, 8)) loss.kernel_drops = order_.u64(value, 0);
  });
}

CaptureRecord PcapngFormat::packet(uint32_t interface, uint64_t ticks, uint32_t captured, uint32_t wire, Bytes data,
                                   size_t data_offset, size_t length) const noexcept {
  if (interface >= interfaces_.size()) {
    return CaptureRecord::invalid("a packet names an interface that is not described");
  }
  if (!data.has(0, captured)) return CaptureRecord::invalid("a packet is longer than its block");
  CaptureRecord record;
  record.kind = CaptureRecord::Kind::kFrame;
  record.length = length;
  record.offset = data_offset;
  record.captured = std::min(captured, wire);
  record.wire_length = wire;
  record.timestamp_ns = interfaces_[interface].nanos(ticks);
  record.link_type = interfaces_[interface].link_type;
  return record;
}

}  // namespace nettrace
