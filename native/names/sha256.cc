#include "native/names/sha256.h"

#include <algorithm>
#include <bit>

namespace nettrace {
namespace {

constexpr size_t kBlock = 64;

/// FIPS 180-4, 4.2.2.
constexpr std::array<uint32_t, 64> kConstants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

class Sha256 {
 public:
  void add(std::span<const uint8_t> bytes) noexcept {
    for (const uint8_t byte : bytes) {
      block_[used_++] = byte;
      if (used_ == kBlock) compress();
    }
    length_ += bytes.size();
  }

  Digest finish() noexcept {
    const uint64_t bits = length_ * 8;
    constexpr size_t kLengthAt = kBlock - 8;
    add(std::array<uint8_t, 1>{0x80});
    while (used_ != kLengthAt) add(std::array<uint8_t, 1>{});
    for (size_t i = 0; i < 8; ++i) block_[kLengthAt + i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
    compress();
    Digest digest;
    for (size_t i = 0; i < digest.size(); ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
    return digest;
  }

 private:
  /// FIPS 180-4, 6.2.2.
  void compress() noexcept {
    std::array<uint32_t, 64> w;
    for (size_t t = 0; t < 16; ++t) {
      w[t] = uint32_t{block_[4 * t]} << 24 | uint32_t{block_[4 * t + 1]} << 16 | uint32_t{block_[4 * t + 2]} << 8 |
             uint32_t{block_[4 * t + 3]};
    }
    for (size_t t = 16; t < 64; ++t) {
      const uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
      const uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ w[t - 2] >> 10;
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (size_t t = 0; t < 64; ++t) {
      const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kConstants[t] + w[t];
      const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const std::array<uint32_t, 8> more{a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < more.size(); ++i) state_[i] += more[i];
    used_ = 0;
  }

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, kBlock> block_{};
  size_t used_ = 0;
  uint64_t length_ = 0;
};

}  // namespace

Digest sha256(std::span<const uint8_t> first, std::span<const uint8_t> second) noexcept {
  Sha256 hash;
  hash.add(first);
  hash.add(second);
  return hash.finish();
}

Digest hmac_sha256(std::span<const uint8_t> key, std::span<const uint8_t> message) noexcept {
  std::array<uint8_t, kBlock> inner;
  std::array<uint8_t, kBlock> outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (size_t i = 0; i < std::min(key.size(), kBlock); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  return sha256(outer, sha256(inner, message));
}

void hkdf_expand_label(const Digest& secret, std::string_view label, std::span<uint8_t> output) noexcept {
  constexpr std::string_view kPrefix = "tls13 ";
  constexpr size_t kLongestLabel = 16;
  label = label.substr(0, kLongestLabel);
  std::array<uint8_t, 2 + 1 + kPrefix.size() + kLongestLabel + 1 + 1> info{};
  auto* const end = [&] {
    auto* at = info.begin();
    *at++ = 0;
    *at++ = static_cast<uint8_t>(output.size());
    *at++ = static_cast<uint8_t>(kPrefix.size() + label.size());
    at = std::ranges::copy(kPrefix, at).out;
    at = std::ranges::copy(label, at).out;
    *at++ = 0;  // no context
    *at++ = 1;  // HKDF-Expand: the first block
    return at;
  }();
  const Digest block = hmac_sha256(secret, std::span<const uint8_t>(info.begin(), end));
  std::copy_n(block.begin(), std::min(output.size(), block.size()), output.begin());
}

}  // namespace nettrace
