// Owns: packets for tests, built from the inside out: ethernet(0x0800, ipv4(17, udp(1, 2, filler(4)))).
// Knows nothing of: checksums (the decoder reads none) and of the decoder.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace nettrace::dev {

using Packet = std::vector<uint8_t>;

inline Packet operator+(Packet left, const Packet& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Packet be8(unsigned value) {
  return {static_cast<uint8_t>(value)};
}
inline Packet be16(unsigned value) {
  return be8(value >> 8) + be8(value);
}
inline Packet be32(uint32_t value) {
  return be16(value >> 16) + be16(value & 0xffff);
}
inline Packet filler(size_t size) {
  return Packet(size, 0xee);
}
/// The first `size` bytes.
inline Packet cut(Packet packet, size_t size) {
  packet.resize(size);
  return packet;
}

/// From 02:00:00:00:00:01 to 02:00:00:00:00:02; `type` below 0x600 is an 802.3 length.
inline Packet ethernet(uint16_t type, const Packet& payload) {
  return be32(0x02000000) + be16(2) + be32(0x02000000) + be16(1) + be16(type) + payload;
}
/// What follows a VLAN ethertype.
inline Packet tag(uint16_t id, uint16_t type, const Packet& payload) {
  return be16(id) + be16(type) + payload;
}
inline Packet snap(uint16_t type, const Packet& payload, uint8_t organisation = 0) {
  return Packet{0xaa, 0xaa, 3, 0, 0, organisation} + be16(type) + payload;
}
inline Packet mpls(uint32_t label, bool bottom, const Packet& payload) {
  return be32(label << 12 | (bottom ? 1u << 8 : 0) | 64) + payload;
}
inline Packet sll(uint16_t protocol, const Packet& payload, uint16_t packet_type = 4, uint16_t hardware_type = 1) {
  return be16(packet_type) + be16(hardware_type) + be16(6) + be32(0x02000000) + be16(1) + be16(0) + be16(protocol) +
         payload;
}
inline Packet sll2(uint16_t protocol, const Packet& payload, uint8_t packet_type = 4, uint16_t hardware_type = 1) {
  return be16(protocol) + be16(0) + be32(7) + be16(hardware_type) + be8(packet_type) + be8(6) + be32(0x02000000) +
         be16(1) + be16(0) + payload;
}
inline Packet pppoe(const Packet& ppp, int length = -1, uint8_t code = 0, uint8_t version = 0x11) {
  return be8(version) + be8(code) + be16(0x1234) + be16(length < 0 ? ppp.size() : length) + ppp;
}

constexpr uint16_t kMoreFragments = 0x2000;

struct Ipv4Fields {
  int total = -1;         ///< total length; -1: the right one
  uint16_t fragment = 0;  ///< flags and offset in units of 8 bytes
  uint16_t id = 0x1234;
  Packet options = {};  ///< a multiple of 4 bytes
  uint8_t version = 4;
  int header_words = -1;  ///< -1: the right one
};
/// From 10.0.0.1 to 10.0.0.2.
inline Packet ipv4(uint8_t protocol, const Packet& payload, const Ipv4Fields& fields = {}) {
  const size_t header = 20 + fields.options.size();
  const size_t words = fields.header_words < 0 ? header / 4 : fields.header_words;
  return be8(fields.version << 4 | words) + be8(0) + be16(fields.total < 0 ? header + payload.size() : fields.total) +
         be16(fields.id) + be16(fields.fragment) + be8(64) + be8(protocol) + be16(0) + be32(0x0a000001) +
         be32(0x0a000002) + fields.options + payload;
}
/// From 2001:db8::1 to 2001:db8::2.
inline Packet ipv6(uint8_t next, const Packet& payload, int length = -1, uint8_t version = 6) {
  const Packet prefix = be32(0x20010db8) + be32(0) + be32(0);
  return be32(uint32_t{version} << 28) + be16(length < 0 ? payload.size() : length) + be8(next) + be8(64) + prefix +
         be32(1) + prefix + be32(2) + payload;
}
/// An extension header of `units` times 8 bytes, padded with PadN.
inline Packet extension(uint8_t next, const Packet& payload, uint8_t units = 1) {
  return be8(next) + be8(units - 1) + be8(1) + be8(units * 8 - 4) + Packet(units * 8 - 4, 0) + payload;
}
/// A hop-by-hop header of 16 bytes with a Pad1, a PadN and the jumbo payload option; `size` bytes follow the IPv6
/// header.
inline Packet jumbo(uint8_t next, uint32_t size, const Packet& payload) {
  return be8(next) + be8(1) + Packet{0, 1, 4, 0, 0, 0, 0, 0} + Packet{0xc2, 4} + be32(size) + payload;
}
inline Packet fragment_header(uint8_t next, uint16_t offset, bool more, const Packet& payload) {
  return be8(next) + be8(0) + be16(offset | (more ? 1 : 0)) + be32(0xabcd1234) + payload;
}
inline Packet authentication(uint8_t next, const Packet& payload) {
  return be8(next) + be8(4) + be16(0) + be32(1) + be32(1) + Packet(12, 0x11) + payload;
}

inline Packet tcp(uint16_t source, uint16_t destination, const Packet& payload, uint8_t flags = 0x10, int words = -1,
                  const Packet& options = {}) {
  const size_t offset = words < 0 ? 5 + options.size() / 4 : words;
  return be16(source) + be16(destination) + be32(0x01020304) + be32(0) + be8(offset << 4) + be8(flags) + be16(512) +
         be32(0) + options + payload;
}
/// UDP, and UDP-Lite with `length` as its coverage.
inline Packet udp(uint16_t source, uint16_t destination, const Packet& payload, int length = -1) {
  return be16(source) + be16(destination) + be16(length < 0 ? 8 + payload.size() : length) + be16(0) + payload;
}
inline Packet icmp(uint8_t type, uint16_t id, const Packet& payload) {
  return be8(type) + be8(0) + be16(0) + be16(id) + be16(1) + payload;
}
inline Packet sctp(uint16_t source, uint16_t destination, const Packet& chunks) {
  return be16(source) + be16(destination) + be32(7) + be32(0) + chunks;
}
inline Packet dccp(uint16_t source, uint16_t destination, const Packet& payload, uint8_t words = 4) {
  return be16(source) + be16(destination) + be8(words) + be8(0) + be16(0) + be8(1) + be8(0) + be16(0) + be32(1) +
         payload;
}

}  // namespace nettrace::dev
