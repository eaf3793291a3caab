#include "native/names/quic.h"

#include <algorithm>
#include <string_view>

#include "native/names/aes128.h"
#include "native/names/sha256.h"
#include "native/names/tls.h"

namespace nettrace {
namespace {

/// What differs between the versions.
struct Version {
  uint32_t number;
  std::array<uint8_t, 20> salt;
  std::string_view key, nonce, header;  ///< labels
};
constexpr std::array<Version, 2> kVersions{{
    {1,
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key",
     "quic iv",
     "quic hp"},
    {0x6b3343cf,
     {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
      0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     "quicv2 key",
     "quicv2 iv",
     "quicv2 hp"},
}};

constexpr size_t kTag = 16, kSample = 16;

const Version* version_of(Bytes datagram) noexcept {
  if (!is_quic_initial(datagram)) return nullptr;
  return std::ranges::find(kVersions, datagram.u32(1), &Version::number);
}

/// Reads in order; `ok` is false once something was missing.
struct Reader {
  Bytes left;
  bool ok = true;

  uint64_t number(size_t bytes) noexcept {
    uint64_t value = 0;
    ok = ok && left.has(0, bytes);
    for (size_t i = 0; i < bytes; ++i) value = value << 8 | left.u8(i);
    left = left.from(bytes);
    return ok ? value : 0;
  }
  /// A variable-length integer (RFC 9000 16).
  uint64_t variable() noexcept {
    constexpr std::array<uint64_t, 4> kValues{0x3f, 0x3fff, 0x3fffffff, 0x3fffffffffffffff};
    const size_t exponent = left.u8(0) >> 6 & 3;
    return number(size_t{1} << exponent) & kValues[exponent];
  }
  Bytes take(uint64_t bytes) noexcept {
    ok = ok && bytes <= left.size();
    const Bytes taken = ok ? left.first(bytes) : Bytes();
    left = ok ? left.from(bytes) : Bytes();
    return taken;
  }
};

struct Initial {
  ConnectionId id;
  Bytes rest;         ///< from the packet number on, as far as captured
  size_t length = 0;  ///< of it, with the tag
};

std::optional<Initial> read_header(Bytes datagram) noexcept {
  Initial initial;
  Reader reader{datagram.from(5)};
  const Bytes id = reader.take(reader.number(1));
  constexpr size_t kShortest = 8;  // RFC 9000 7.2
  if (id.size() < kShortest || id.size() > ConnectionId::kLongest) return std::nullopt;
  initial.id.length = static_cast<uint8_t>(id.size());
  id.copy(0, initial.id.bytes.data(), id.size());
  reader.take(reader.number(1));   // the client's own connection id
  reader.take(reader.variable());  // a token
  initial.length = reader.variable();
  if (!reader.ok || !reader.left.has(4, kSample)) return std::nullopt;
  initial.rest = reader.left.first(initial.length);
  return initial;
}

struct Keys {
  Aes128::Block key, header;
  Aes128::Nonce nonce;
};

/// RFC 9001 5.2: those of the client.
Keys client_keys(const Version& version, const ConnectionId& id) noexcept {
  Keys keys;
  Digest client;
  const Digest initial = hmac_sha256(version.salt, std::span(id.bytes).first(id.length));
  hkdf_expand_label(initial, "client in", client);
  hkdf_expand_label(client, version.key, keys.key);
  hkdf_expand_label(client, version.nonce, keys.nonce);
  hkdf_expand_label(client, version.header, keys.header);
  return keys;
}

/// A packet's frames, decrypted; larger ones than Ethernet carries are not met at the start of a connection.
struct Frames {
  std::array<uint8_t, 2048> bytes;
  size_t length = 0;
};

/// Takes the protection off the header (RFC 9001 5.4) and then off the frames (5.3).
void decrypt(const Version& version, uint8_t first_byte, const Initial& packet, Frames& frames) noexcept {
  const Keys keys = client_keys(version, packet.id);
  Aes128::Block sample{};
  packet.rest.copy(4, sample.data(), kSample);
  const Aes128::Block mask = Aes128(keys.header).encrypt(sample);
  const size_t number_length = ((first_byte ^ mask[0]) & 3) + 1u;
  Aes128::Nonce nonce = keys.nonce;
  uint32_t number = 0;
  for (size_t i = 0; i < number_length; ++i) number = number << 8 | (packet.rest.u8(i) ^ mask[1 + i]);
  for (size_t i = 0; i < 4; ++i) nonce[8 + i] ^= static_cast<uint8_t>(number >> (24 - 8 * i));
  const size_t whole = packet.length < number_length + kTag ? 0 : packet.length - number_length - kTag;
  const Bytes sealed = packet.rest.from(number_length).first(std::min(whole, frames.bytes.size()));
  frames.length = sealed.size();
  sealed.copy(0, frames.bytes.data(), sealed.size());
  Aes128(keys.key).apply_gcm_stream(nonce, std::span(frames.bytes).first(frames.length));
}

/// Collects the CRYPTO frames; those that may stand beside them in an Initial packet are passed over (RFC 9000 12.4).
void collect(Bytes frames, HelloPieces& pieces) noexcept {
  constexpr uint64_t kPadding = 0, kPing = 1, kAck = 2, kAckEcn = 3, kCrypto = 6;
  Reader reader{frames};
  while (reader.ok && reader.left.size() > 0) {
    const uint64_t type = reader.variable();
    if (type == kPadding || type == kPing) continue;
    if (type == kCrypto) {
      const uint64_t offset = reader.variable(), length = reader.variable();
      const Bytes piece = reader.left.first(length);  // the last one may be cut off
      if (reader.ok && offset < HelloPieces::kLongest) pieces.add(offset, piece);
      reader.take(length);
    } else if (type == kAck || type == kAckEcn) {
      reader.variable(), reader.variable();
      const uint64_t ranges = reader.variable();
      reader.variable();
      for (uint64_t i = 0; reader.ok && i < ranges; ++i) reader.variable(), reader.variable();
      if (type == kAckEcn) reader.variable(), reader.variable(), reader.variable();
    } else {
      return;
    }
  }
}

}  // namespace

void HelloPieces::add(size_t offset, Bytes piece) noexcept {
  if (offset >= kLongest) return;
  const size_t length = std::min(piece.size(), kLongest - offset);
  for (size_t i = 0; i < length; ++i) {
    if (have_.test(offset + i)) continue;  // the same bytes sent again; if not, the first ones count
    bytes_[offset + i] = piece.u8(i);
    have_.set(offset + i);
  }
}

Bytes HelloPieces::beginning() const noexcept {
  size_t length = 0;
  while (length < kLongest && have_.test(length)) ++length;
  return Bytes(bytes_.data(), length);
}

bool QuicInitials::read(Bytes datagram, HostName& name) noexcept {
  name.clear();
  const Version* version = version_of(datagram);
  if (version == nullptr) return false;
  const auto packet = read_header(datagram);
  if (!packet) return false;
  Frames frames;
  decrypt(*version, datagram.u8(0), *packet, frames);
  Unfinished& hello = unfinished(packet->id);
  collect(Bytes(frames.bytes.data(), frames.length), hello.pieces);
  if (!read_client_hello(hello.pieces.beginning(), name)) return false;
  hello.id = {};
  hello.pieces.clear();
  return true;
}

QuicInitials::Unfinished& QuicInitials::unfinished(const ConnectionId& id) noexcept {
  const auto found = std::ranges::find(kept_, id, &Unfinished::id);
  if (found != kept_.end()) return *found;
  Unfinished& oldest = kept_[next_];
  next_ = (next_ + 1) % kKept;
  oldest.id = id;
  oldest.pieces.clear();
  return oldest;
}

}  // namespace nettrace
