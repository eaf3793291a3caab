// Owns: the AES-128 block cipher, encryption only (FIPS 197), and its counter mode as GCM uses it (NIST SP 800-38D).
// Knows nothing of: authentication, and secrets: its keys can be computed by anybody (quic.h), so tables are no leak.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace nettrace {

class Aes128 {
 public:
  using Block = std::array<uint8_t, 16>;
  using Nonce = std::array<uint8_t, 12>;

  explicit Aes128(const Block& key) noexcept;

  Block encrypt(const Block& plain) const noexcept;
  /// Encrypts or decrypts `data` in place with the key stream that AES-GCM takes for its first bytes and on.
  void apply_gcm_stream(const Nonce& nonce, std::span<uint8_t> data) const noexcept;

 private:
  static constexpr size_t kRounds = 10;
  std::array<Block, kRounds + 1> keys_;
};

}  // namespace nettrace
