// Owns: SHA-256 (FIPS 180-4) and what RFC 9001 builds on it: HMAC (RFC 2104), HKDF (RFC 5869), HKDF-Expand-Label.
// Knows nothing of: secrets. What it hashes is public (quic.h), so it need not run in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace nettrace {

using Digest = std::array<uint8_t, 32>;

/// SHA-256 of two parts, one behind the other.
Digest sha256(std::span<const uint8_t> first, std::span<const uint8_t> second = {}) noexcept;

/// HMAC-SHA-256; also HKDF-Extract with `key` as the salt. `key` has at most 64 bytes.
Digest hmac_sha256(std::span<const uint8_t> key, std::span<const uint8_t> message) noexcept;

/// HKDF-Expand-Label (RFC 8446 7.1) with an empty context, of at most one digest: fills `output` (1 to 32 bytes).
/// `label` is without "tls13 ", at most 16 bytes.
void hkdf_expand_label(const Digest& secret, std::string_view label, std::span<uint8_t> output) noexcept;

}  // namespace nettrace
