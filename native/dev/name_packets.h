// Owns: payloads that name hosts, for tests: DNS messages, a ClientHello in its record, QUIC's Initial packets.
// Knows nothing of: the headers below them (packet_builder.h makes those) and of their readers.
#pragma once

#include <algorithm>
#include <string_view>

#include "native/dev/packet_builder.h"
#include "native/names/aes128.h"
#include "native/names/sha256.h"

namespace nettrace::dev {

inline Packet text(std::string_view characters) {
  return Packet(characters.begin(), characters.end());
}
/// `www.example.org` as labels, the root included.
inline Packet labels(std::string_view name) {
  Packet out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out = out + be8(label.size()) + text(label);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + be8(0);
}
inline Packet pointer(uint16_t offset) {
  return be16(0xc000 | offset);
}
/// The name of the question, where dns_answer() and dns_question() put it.
inline Packet question_name() {
  return pointer(12);
}
inline Packet record(const Packet& owner, uint16_t type, const Packet& data, uint16_t record_class = 1) {
  return owner + be16(type) + be16(record_class) + be32(300) + be16(data.size()) + data;
}
constexpr uint16_t kA = 1, kCname = 5, kAaaa = 28;

inline Packet dns_question(uint16_t id, std::string_view name, uint16_t type = kA) {
  return be16(id) + be16(0x0100) + be16(1) + be16(0) + be16(0) + be16(0) + labels(name) + be16(type) + be16(1);
}
/// `records` says how many there are in `answers`; `error` is the RCODE.
inline Packet dns_answer(uint16_t id, std::string_view name, uint16_t type, uint16_t records, const Packet& answers,
                         uint8_t error = 0) {
  return be16(id) + be16(0x8180 | error) + be16(1) + be16(records) + be16(0) + be16(0) + labels(name) + be16(type) +
         be16(1) + answers;
}
/// As DNS over TCP carries it.
inline Packet with_length(const Packet& message) {
  return be16(message.size()) + message;
}

inline Packet tls_extension(uint16_t type, const Packet& data) {
  return be16(type) + be16(data.size()) + data;
}
inline Packet server_name_extension(std::string_view name) {
  const Packet entry = be8(0) + be16(name.size()) + text(name);
  return tls_extension(0, be16(entry.size()) + entry);
}
/// The handshake message.
inline Packet client_hello(const Packet& extensions) {
  const Packet body = be16(0x0303) + filler(32) + be8(32) + filler(32) + be16(4) + be32(0x13011302) + be8(1) + be8(0) +
                      be16(extensions.size()) + extensions;
  return be8(1) + be8(0) + be16(body.size()) + body;
}
inline Packet tls_record(const Packet& handshake) {
  return be8(22) + be16(0x0301) + be16(handshake.size()) + handshake;
}

/// A CRYPTO frame (RFC 9000 19.6).
inline Packet crypto_frame(uint16_t offset, const Packet& data) {
  return be8(6) + be16(0x4000 | offset) + be16(0x4000 | data.size()) + data;
}
/// A client's Initial packet of version 1 for a server connection id of 8 bytes, protected as RFC 9001 5 says; its tag
/// is zero.
inline Packet quic_initial(const Packet& id, uint8_t number, const Packet& frames) {
  constexpr size_t kTag = 16;
  const Packet salt{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
  Digest client;
  Aes128::Block key, header_key, sample;
  Aes128::Nonce nonce;
  hkdf_expand_label(hmac_sha256(salt, id), "client in", client);
  hkdf_expand_label(client, "quic key", key);
  hkdf_expand_label(client, "quic iv", nonce);
  hkdf_expand_label(client, "quic hp", header_key);
  nonce.back() ^= number;
  Packet sealed = frames;
  Aes128(key).apply_gcm_stream(nonce, sealed);
  sealed.resize(sealed.size() + kTag);
  std::copy_n(sealed.begin() + 3, sample.size(), sample.begin());  // the number takes one byte of the four
  const Aes128::Block mask = Aes128(header_key).encrypt(sample);
  return be8(0xc0 ^ (mask[0] & 0x0f)) + be32(1) + be8(id.size()) + id + be8(0) + be8(0) +
         be16(0x4000 | (1 + sealed.size())) + be8(number ^ mask[1]) + sealed;
}

}  // namespace nettrace::dev
