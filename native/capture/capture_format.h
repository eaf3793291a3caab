// Owns: the layout of pcap and pcapng files: from the next unread bytes to one record. Pure: no file, no allocation
// per record, no read outside the window. Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
// Knows nothing of: where the window comes from, filters, decoding.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "native/base/bytes.h"
#include "native/capture/frame_source.h"

namespace nettrace {

/// The longest record that is accepted, header included. libpcap's largest snapshot is 256 KiB.
constexpr size_t kMaxRecordLength = 524'288;

/// What stands at the beginning of the window.
struct CaptureRecord {
  enum class Kind : uint8_t {
    kFrame,     ///< a frame of `captured` bytes at `offset`; the record is `length` long
    kSkip,      ///< nothing to hand over; the record is `length` long, which may reach past the window
    kNeedMore,  ///< the record is at least `length` long, and the window is shorter
    kInvalid,   ///< not possible; `problem` says why
  };
  Kind kind = Kind::kSkip;
  size_t length = 0;
  size_t offset = 0;
  size_t captured = 0;
  uint32_t wire_length = 0;
  int64_t timestamp_ns = 0;
  int link_type = 0;
  const char* problem = "";

  static CaptureRecord skip(size_t length) noexcept { return make(Kind::kSkip, length); }
  static CaptureRecord need(size_t length) noexcept { return make(Kind::kNeedMore, length); }
  static CaptureRecord invalid(const char* problem) noexcept {
    CaptureRecord record = make(Kind::kInvalid, 0);
    record.problem = problem;
    return record;
  }

 private:
  static CaptureRecord make(Kind kind, size_t length) noexcept {
    CaptureRecord record;
    record.kind = kind;
    record.length = length;
    return record;
  }
};

/// Reads numbers in the byte order of the file.
struct FileOrder {
  bool big_endian = false;
  uint16_t u16(Bytes bytes, size_t offset) const noexcept {
    return big_endian ? bytes.u16(offset) : __builtin_bswap16(bytes.u16(offset));
  }
  uint32_t u32(Bytes bytes, size_t offset) const noexcept {
    return big_endian ? bytes.u32(offset) : __builtin_bswap32(bytes.u32(offset));
  }
  uint64_t u64(Bytes bytes, size_t offset) const noexcept {
    const uint64_t first = u32(bytes, offset);
    const uint64_t second = u32(bytes, offset + 4);
    return big_endian ? (first << 32) | second : (second << 32) | first;
  }
};

/// Classic pcap, micro- and nanosecond, both byte orders, and the "modified" form with longer record headers.
class PcapFormat {
 public:
  static constexpr size_t kHeaderLength = 24;
  /// True if the first four bytes are one of its magic numbers.
  static bool recognises(Bytes window) noexcept;
  /// `window` holds at least kHeaderLength recognised bytes.
  explicit PcapFormat(Bytes window) noexcept;

  CaptureRecord next(Bytes window) noexcept;
  int link_type() const noexcept { return link_type_; }
  CaptureLoss loss() const noexcept { return {}; }

 private:
  FileOrder order_;
  int nanos_per_unit_ = 1000;
  int link_type_ = 0;
  uint16_t minor_version_ = 4;
  size_t record_header_ = 16;
  bool header_read_ = false;
};

/// pcapng: several sections and interfaces, each with its own link type and clock resolution.
class PcapngFormat {
 public:
  static bool recognises(Bytes window) noexcept;

  CaptureRecord next(Bytes window);
  /// Of the first interface; -1 before it has been read.
  int link_type() const noexcept { return link_type_; }
  /// As far as the file tells (interface statistics blocks).
  CaptureLoss loss() const noexcept;

 private:
  /// One interface description block.
  struct Interface {
    int link_type = 0;
    uint32_t snaplen = 0;  ///< 0: no limit
    uint8_t resolution = 6;
    int64_t offset_seconds = 0;
    CaptureLoss loss;
    int64_t nanos(uint64_t ticks) const noexcept;
  };

  CaptureRecord section(Bytes window);
  CaptureRecord interface_description(Bytes body, size_t length);
  CaptureRecord enhanced_packet(Bytes body, size_t length) const noexcept;
  CaptureRecord simple_packet(Bytes body, size_t length) const noexcept;
  CaptureRecord obsolete_packet(Bytes body, size_t length) const noexcept;
  void interface_statistics(Bytes body) noexcept;
  CaptureRecord packet(uint32_t interface, uint64_t ticks, uint32_t captured, uint32_t wire, Bytes data,
                       size_t data_offset, size_t length) const noexcept;

  FileOrder order_;
  std::vector<Interface> interfaces_;  ///< of the current section
  CaptureLoss earlier_sections_;
  int link_type_ = -1;
};

/// The DLT_ value that pcap_datalink(3PCAP) would give for a LINKTYPE_ value found in a file.
int dlt_of_linktype(uint32_t linktype) noexcept;

/// The format of a file by its first four bytes.
using CaptureFormat = std::variant<PcapFormat, PcapngFormat>;

/// Nothing if `window` (>= 24 bytes, or the whole file) begins neither way.
std::optional<CaptureFormat> recognise_capture(Bytes window);

/// Link type of the first interface of a capture that begins with `window`; -1 where the window does not show it.
int capture_link_type(Bytes window);

}  // namespace nettrace
