// Owns: the server name in the Initial packets by which a QUIC client begins (RFC 9000, RFC 9001; version 2: RFC 9369).
// Knows nothing of: connections, and who sent the packet.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "native/base/bytes.h"
#include "native/names/host_name.h"

namespace nettrace {

/// True if a datagram may be the first of a client: a long header of a known version and type (RFC 9000 17.2.2, RFC
/// 9369 3.2). Asked of every datagram.
inline bool is_quic_initial(Bytes datagram) noexcept {
  constexpr uint8_t kType = 0xf0, kInitial1 = 0xc0, kInitial2 = 0xd0;
  const uint8_t type = datagram.u8(0) & kType;
  return (type == kInitial1 && datagram.u32(1) == 1) || (type == kInitial2 && datagram.u32(1) == 0x6b3343cf);
}

/// The connection id that a client has chosen for its server (RFC 9000 7.2); all its Initial packets bear it until the
/// server has answered.
struct ConnectionId {
  static constexpr size_t kLongest = 20;
  std::array<uint8_t, kLongest> bytes{};
  uint8_t length = 0;
  friend bool operator==(const ConnectionId&, const ConnectionId&) = default;
};

/// The beginning of a stream that arrives in pieces, in any order.
class HelloPieces {
 public:
  /// A hello with a post-quantum key share has 1.8 kB.
  static constexpr size_t kLongest = 4096;

  void clear() noexcept { have_.reset(); }
  void add(size_t offset, Bytes piece) noexcept;
  /// What is there without a gap.
  Bytes beginning() const noexcept;

 private:
  std::array<uint8_t, kLongest> bytes_;  // only those in have_ are set
  std::bitset<kLongest> have_;
};

/// Reads the names in Initial packets. Whoever wants to read along needs no secret: the keys of these packets follow
/// from the connection id in their header (RFC 9001 5.2). For the same reason the tag proves nothing, and is not
/// checked: of other bytes no hello comes out. A hello that fills two packets is put together; the latest kKept
/// unfinished ones are remembered. Only the first packet of a datagram is looked at.
class QuicInitials {
 public:
  static constexpr size_t kKept = 8;

  /// The name, once the hello is known as far as that. The datagram has to be whole up to its sixteenth byte behind the
  /// packet number; what is cut off behind that is missing.
  bool read(Bytes datagram, HostName& name) noexcept;

 private:
  struct Unfinished {
    ConnectionId id;
    HelloPieces pieces;
  };
  Unfinished& unfinished(const ConnectionId& id) noexcept;

  std::array<Unfinished, kKept> kept_;
  size_t next_ = 0;
};

}  // namespace nettrace
