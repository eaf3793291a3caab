// Owns: the wire format of netlink(7): walking messages and attributes, building a request. Pure, bounds-checked.
// Knows nothing of: sockets, and what a message type means.
#pragma once

#include <linux/netlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>

#include "native/base/bytes.h"

namespace nettrace {

constexpr size_t netlink_align(size_t length) noexcept {
  return (length + 3) & ~size_t{3};
}

/// A kernel structure at the start of `bytes`. A shorter one (older kernel) fills what is there, the rest is zero.
template <typename T>
T netlink_struct(Bytes bytes) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  if (bytes.size() > 0) bytes.copy(0, &value, bytes.size() < sizeof value ? bytes.size() : sizeof value);
  return value;
}

/// One attribute (struct nlattr, struct rtattr); `type` without the NLA_F_ flags. Numbers are in host order.
struct NetlinkAttribute {
  uint16_t type = 0;
  Bytes payload;

  /// The whole value, or nothing where the payload is too short for T.
  template <typename T>
  std::optional<T> value() const noexcept {
    if (payload.size() < sizeof(T)) return std::nullopt;
    return netlink_struct<T>(payload);
  }
  /// A string attribute up to its NUL, or to its end where the NUL is missing.
  std::string text() const;
};

/// Walks attributes; stops at the first one whose length is not possible.
class NetlinkAttributes {
 public:
  explicit NetlinkAttributes(Bytes bytes) noexcept : rest_(bytes) {}

  std::optional<NetlinkAttribute> next() noexcept {
    nlattr header{};
    if (!rest_.copy(0, &header, sizeof header)) return std::nullopt;
    if (header.nla_len < sizeof header || header.nla_len > rest_.size()) {
      rest_ = Bytes();
      return std::nullopt;
    }
    const NetlinkAttribute found{static_cast<uint16_t>(header.nla_type & NLA_TYPE_MASK),
                                 rest_.first(header.nla_len).from(sizeof header)};
    rest_ = rest_.from(netlink_align(header.nla_len));
    return found;
  }

 private:
  Bytes rest_;
};

/// One message of a datagram.
struct NetlinkMessage {
  nlmsghdr header{};
  Bytes payload;

  /// The attributes behind the fixed part of the payload.
  NetlinkAttributes attributes(size_t fixed_size) const noexcept {
    return NetlinkAttributes(payload.from(netlink_align(fixed_size)));
  }
};

/// Walks the messages of one datagram; stops at the first one that does not fit.
class NetlinkMessages {
 public:
  explicit NetlinkMessages(Bytes datagram) noexcept : rest_(datagram) {}

  std::optional<NetlinkMessage> next() noexcept {
    NetlinkMessage found;
    if (!rest_.copy(0, &found.header, sizeof found.header)) return std::nullopt;
    if (found.header.nlmsg_len < sizeof found.header || found.header.nlmsg_len > rest_.size()) {
      rest_ = Bytes();
      return std::nullopt;
    }
    found.payload = rest_.first(found.header.nlmsg_len).from(sizeof found.header);
    rest_ = rest_.from(netlink_align(found.header.nlmsg_len));
    return found;
  }

 private:
  Bytes rest_;
};

/// What an NLMSG_ERROR or NLMSG_DONE message says: 0 or a positive errno, and the kernel's sentence (NETLINK_EXT_ACK).
struct NetlinkStatus {
  int number = 0;
  std::string text;
};
NetlinkStatus netlink_status(const NetlinkMessage& message);

/// A request under construction: header, fixed part, attributes. Sequence and port are filled in by the socket.
class NetlinkRequest {
 public:
  /// `flags` are added to NLM_F_REQUEST, e.g. NLM_F_DUMP.
  template <typename T>
  NetlinkRequest(uint16_t type, uint16_t flags, const T& body) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 512);
    header_.nlmsg_type = type;
    header_.nlmsg_flags = static_cast<uint16_t>(flags | NLM_F_REQUEST);
    append(&body, sizeof body);
  }

  /// Adds an attribute. False, and nothing added, where the request has no room for it (1 kB in all).
  bool attribute(uint16_t type, std::span<const uint8_t> payload) noexcept;

  uint16_t flags() const noexcept { return header_.nlmsg_flags; }
  /// The finished bytes, valid until the next call on this object.
  std::span<const uint8_t> finish(uint32_t sequence, uint32_t port) noexcept;

 private:
  void append(const void* data, size_t length) noexcept;

  nlmsghdr header_{};
  std::array<uint8_t, 1024> bytes_{};
  size_t length_ = sizeof(nlmsghdr);
};

}  // namespace nettrace
