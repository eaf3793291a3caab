// Owns: making pcap and pcapng bytes for tests and benchmarks, in either byte order.
// Knows nothing of: what the frames hold, and how the product reads them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace nettrace::test {

/// Appends numbers in a chosen byte order.
class ByteWriter {
 public:
  explicit ByteWriter(bool big_endian) : big_endian_(big_endian) {}
  ByteWriter& u8(uint8_t value) {
    bytes_.push_back(value);
    return *this;
  }
  ByteWriter& u16(uint16_t value) { return put(value, 2); }
  ByteWriter& u32(uint32_t value) { return put(value, 4); }
  ByteWriter& u64(uint64_t value) { return put(value, 8); }
  ByteWriter& raw(std::span<const uint8_t> data) {
    bytes_.insert(bytes_.end(), data.begin(), data.end());
    return *this;
  }
  ByteWriter& pad(size_t multiple) {
    while (bytes_.size() % multiple != 0) bytes_.push_back(0);
    return *this;
  }
  bool big_endian() const { return big_endian_; }
  std::vector<uint8_t>& bytes() { return bytes_; }

 private:
  ByteWriter& put(uint64_t value, int length) {
    for (int i = 0; i < length; ++i) {
      bytes_.push_back(static_cast<uint8_t>(value >> 8 * (big_endian_ ? length - 1 - i : i)));
    }
    return *this;
  }
  bool big_endian_;
  std::vector<uint8_t> bytes_;
};

inline void pcap_header(ByteWriter& out, uint32_t magic, uint32_t linktype, uint16_t minor = 4) {
  out.u32(magic).u16(2).u16(minor).u32(0).u32(0).u32(262'144).u32(linktype);
}

inline void pcap_record(ByteWriter& out, uint32_t seconds, uint32_t fraction, std::span<const uint8_t> data,
                        uint32_t wire_length) {
  out.u32(seconds).u32(fraction).u32(static_cast<uint32_t>(data.size())).u32(wire_length).raw(data);
}

/// A pcapng block around `body`, padded to four bytes.
inline void pcapng_block(ByteWriter& out, uint32_t type, std::span<const uint8_t> body) {
  const auto length = static_cast<uint32_t>(12 + (body.size() + 3) / 4 * 4);
  out.u32(type).u32(length).raw(body).pad(4).u32(length);
}

inline void pcapng_section(ByteWriter& out) {
  ByteWriter body(out.big_endian());
  body.u32(0x1a2b3c4d).u16(1).u16(0).u64(~uint64_t{0});
  pcapng_block(out, 0x0a0d0d0a, body.bytes());
}

/// `resolution` 6 (the default) is written without the option.
inline void pcapng_interface(ByteWriter& out, uint16_t linktype, uint32_t snaplen, uint8_t resolution = 6) {
  ByteWriter body(out.big_endian());
  body.u16(linktype).u16(0).u32(snaplen);
  if (resolution != 6) body.u16(9).u16(1).u8(resolution).pad(4).u16(0).u16(0);
  pcapng_block(out, 1, body.bytes());
}

inline void pcapng_packet(ByteWriter& out, uint32_t interface, uint64_t ticks, std::span<const uint8_t> data,
                          uint32_t wire_length) {
  ByteWriter body(out.big_endian());
  body.u32(interface).u32(static_cast<uint32_t>(ticks >> 32)).u32(static_cast<uint32_t>(ticks));
  body.u32(static_cast<uint32_t>(data.size())).u32(wire_length).raw(data);
  pcapng_block(out, 6, body.bytes());
}

/// Ethernet, IPv4, UDP between 10.0.x.y and 192.0.2.1; `length` bytes in all (at least 42).
inline std::vector<uint8_t> udp_frame(uint16_t flow, size_t length) {
  const auto ip = static_cast<uint16_t>(length - 14);
  ByteWriter frame(true);
  frame.u32(0x02000000).u16(1).u32(0x02000000).u16(2).u16(0x0800);
  frame.u16(0x4500).u16(ip).u16(0).u16(0).u16(0x4011).u16(0).u32(0x0a000000U + flow).u32(0xc0000201);
  frame.u16(static_cast<uint16_t>(1024 + flow)).u16(53).u16(static_cast<uint16_t>(ip - 20)).u16(0);
  frame.bytes().resize(length);
  return frame.bytes();
}

}  // namespace nettrace::test
