// Owns: an IP address and an endpoint as values. IPv4 is held in its v4-mapped form (RFC 4291, 2.5.5.2).
// Knows nothing of: which addresses are local.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>

namespace nettrace {

/// 16 bytes in network order; an IPv4 address is ::ffff:a.b.c.d. All zero is the IPv6 wildcard `::`.
struct IpAddress {
  std::array<uint8_t, 16> bytes{};

  static IpAddress v4(uint32_t host_order) noexcept {
    IpAddress address;
    address.bytes[10] = address.bytes[11] = 0xff;
    const uint32_t network = __builtin_bswap32(host_order);
    std::memcpy(&address.bytes[12], &network, sizeof network);
    return address;
  }
  /// From four bytes in network order, as they stand in a header or a netlink attribute.
  static IpAddress v4_bytes(const void* network_order) noexcept {
    IpAddress address;
    address.bytes[10] = address.bytes[11] = 0xff;
    std::memcpy(&address.bytes[12], network_order, 4);
    return address;
  }
  static IpAddress v6_bytes(const void* network_order) noexcept {
    IpAddress address;
    std::memcpy(address.bytes.data(), network_order, 16);
    return address;
  }

  bool is_v4() const noexcept {
    uint64_t high = 0;
    uint32_t middle = 0;
    std::memcpy(&high, bytes.data(), 8);
    std::memcpy(&middle, &bytes[8], 4);
    return high == 0 && middle == __builtin_bswap32(0x0000ffff);
  }
  /// The IPv4 address in host order; meaningful only where is_v4().
  uint32_t v4_value() const noexcept {
    uint32_t network = 0;
    std::memcpy(&network, &bytes[12], 4);
    return __builtin_bswap32(network);
  }
  /// `::` or `0.0.0.0`.
  bool is_wildcard() const noexcept { return is_v4() ? v4_value() == 0 : bytes == std::array<uint8_t, 16>{}; }
  /// 224.0.0.0/4 or ff00::/8.
  bool is_multicast() const noexcept { return is_v4() ? (v4_value() >> 28) == 0xe : bytes[0] == 0xff; }
  /// 127.0.0.0/8 or ::1.
  bool is_loopback() const noexcept;
  /// Text as inet_ntop(3) writes it; IPv4 without the mapping prefix.
  std::string text() const;

  /// Two words rather than memcmp(3): this is the inner loop of the flow table.
  friend bool operator==(const IpAddress& left, const IpAddress& right) noexcept {
    std::array<uint64_t, 2> a;
    std::array<uint64_t, 2> b;
    std::memcpy(a.data(), left.bytes.data(), sizeof a);
    std::memcpy(b.data(), right.bytes.data(), sizeof b);
    return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
  }
  friend auto operator<=>(const IpAddress& left, const IpAddress& right) noexcept {
    return std::memcmp(left.bytes.data(), right.bytes.data(), sizeof left.bytes) <=> 0;
  }
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;  ///< host order; ICMP echo identifier where the protocol is ICMP
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace nettrace
