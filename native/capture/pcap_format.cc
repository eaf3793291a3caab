// Owns: recognising capture files, and classic pcap.
#include <utility>

#include "native/base/clock.h"
#include "native/capture/capture_format.h"

namespace nettrace {
namespace {

constexpr uint32_t kMagicMicros = 0xa1b2c3d4;
constexpr uint32_t kMagicNanos = 0xa1b23c4d;
constexpr uint32_t kMagicModified = 0xa1b2cd34;  ///< record headers of 24 bytes (old Red Hat libpcap)

bool is_magic(uint32_t value) noexcept {
  return value == kMagicMicros || value == kMagicNanos || value == kMagicModified;
}

}  // namespace

int dlt_of_linktype(uint32_t linktype) noexcept {
  // pcap-common.c: values that differ between files and Linux' DLT_ numbers. The upper bits hold the FCS length.
  switch (linktype & 0x03ff'ffff) {
    case 100:
      return 11;  // ATM_RFC1483
    case 101:
      return 12;  // RAW
    case 102:
      return 15;  // SLIP_BSDOS
    case 103:
      return 16;  // PPP_BSDOS
    case 106:
      return 19;  // ATM_CLIP
    default:
      return static_cast<int>(linktype & 0x03ff'ffff);
  }
}

std::optional<CaptureFormat> recognise_capture(Bytes window) {
  if (PcapngFormat::recognises(window)) return PcapngFormat();
  if (window.size() >= PcapFormat::kHeaderLength && PcapFormat::recognises(window)) return PcapFormat(window);
  return std::nullopt;
}

int capture_link_type(Bytes window) {
  auto format = recognise_capture(window);
  if (!format) return -1;
  if (const auto* classic = std::get_if<PcapFormat>(&*format)) return classic->link_type();
  auto& sections = std::get<PcapngFormat>(*format);
  while (sections.link_type() < 0) {
    const CaptureRecord record = sections.next(window);
    if (record.kind != CaptureRecord::Kind::kSkip || !window.has(0, record.length)) break;
    window = window.from(record.length);
  }
  return sections.link_type();
}

bool PcapFormat::recognises(Bytes window) noexcept {
  return is_magic(window.u32(0)) || is_magic(__builtin_bswap32(window.u32(0)));
}

PcapFormat::PcapFormat(Bytes window) noexcept : order_{is_magic(window.u32(0))} {
  const uint32_t magic = order_.u32(window, 0);
  nanos_per_unit_ = magic == kMagicNanos ? 1 : 1000;
  record_header_ = magic == kMagicModified ? 24 : 16;
  minor_version_ = order_.u16(window, 6);
  link_type_ = dlt_of_linktype(order_.u32(window, 20));
}

CaptureRecord PcapFormat::next(Bytes window) noexcept {
  if (!header_read_) {
    header_read_ = true;
    return CaptureRecord::skip(kHeaderLength);
  }
  if (!window.has(0, record_header_)) return CaptureRecord::need(record_header_);
  CaptureRecord record;
  uint32_t captured = order_.u32(window, 8);
  uint32_t wire = order_.u32(window, 12);
  // Writers before 2.3 had the lengths the other way round, those of 2.3 either way (libpcap, sf-pcap.c).
  if (minor_version_ < 3 || (minor_version_ == 3 && captured > wire)) std::swap(captured, wire);
  if (captured > kMaxRecordLength - record_header_) return CaptureRecord::invalid("a record has an impossible length");
  record.length = record_header_ + captured;
  if (record.length > window.size()) return CaptureRecord::need(record.length);
  record.kind = CaptureRecord::Kind::kFrame;
  record.offset = record_header_;
  record.captured = captured < wire ? captured : wire;
  record.wire_length = wire;
  record.timestamp_ns =
      int64_t{order_.u32(window, 0)} * kNanosPerSecond + int64_t{order_.u32(window, 4)} * nanos_per_unit_;
  record.link_type = link_type_;
  return record;
}

}  // namespace nettrace
