#include "native/names/aes128.h"

#include <algorithm>
#include <bit>

namespace nettrace {
namespace {

/// Multiplication by x in GF(2^8), FIPS 197 4.2.1.
constexpr uint8_t times_x(uint8_t a) noexcept {
  return static_cast<uint8_t>(a << 1 ^ (a & 0x80 ? 0x1b : 0));
}

/// The substitution box (FIPS 197 5.1.1), computed: p runs through the field by the generator 3, q by its inverse.
constexpr std::array<uint8_t, 256> make_box() noexcept {
  std::array<uint8_t, 256> box{};
  uint8_t p = 1, q = 1;
  do {
    p = static_cast<uint8_t>(p ^ times_x(p));
    q = static_cast<uint8_t>(q ^ q << 1);
    q = static_cast<uint8_t>(q ^ q << 2);
    q = static_cast<uint8_t>(q ^ q << 4);
    if (q & 0x80) q ^= 0x09;
    box[p] = static_cast<uint8_t>(q ^ std::rotl(q, 1) ^ std::rotl(q, 2) ^ std::rotl(q, 3) ^ std::rotl(q, 4) ^ 0x63);
  } while (p != 1);
  box[0] = 0x63;
  return box;
}

constexpr std::array<uint8_t, 256> kBox = make_box();

void add_key(Aes128::Block& state, const Aes128::Block& key) noexcept {
  for (size_t i = 0; i < state.size(); ++i) state[i] ^= key[i];
}

/// SubBytes and ShiftRows; the state is stored by columns.
Aes128::Block substituted(const Aes128::Block& state) noexcept {
  Aes128::Block shifted;
  for (size_t i = 0; i < state.size(); ++i) shifted[i] = kBox[state[(i + 4 * (i % 4)) % 16]];
  return shifted;
}

void mix_columns(Aes128::Block& state) noexcept {
  for (size_t column = 0; column < state.size(); column += 4) {
    uint8_t* const s = &state[column];
    const uint8_t first = s[0], all = s[0] ^ s[1] ^ s[2] ^ s[3];
    for (size_t i = 0; i < 4; ++i) {
      const uint8_t next = i == 3 ? first : s[i + 1];
      s[i] = static_cast<uint8_t>(s[i] ^ all ^ times_x(s[i] ^ next));
    }
  }
}

}  // namespace

Aes128::Aes128(const Block& key) noexcept {
  keys_[0] = key;
  uint8_t round_constant = 1;
  for (size_t round = 1; round <= kRounds; ++round) {
    const Block& before = keys_[round - 1];
    Block& now = keys_[round];
    for (size_t i = 0; i < 4; ++i) now[i] = before[i] ^ kBox[before[12 + (i + 1) % 4]];
    now[0] ^= round_constant;
    for (size_t i = 4; i < now.size(); ++i) now[i] = before[i] ^ now[i - 4];
    round_constant = times_x(round_constant);
  }
}

Aes128::Block Aes128::encrypt(const Block& plain) const noexcept {
  Block state = plain;
  add_key(state, keys_[0]);
  for (size_t round = 1; round <= kRounds; ++round) {
    state = substituted(state);
    if (round != kRounds) mix_columns(state);
    add_key(state, keys_[round]);
  }
  return state;
}

void Aes128::apply_gcm_stream(const Nonce& nonce, std::span<uint8_t> data) const noexcept {
  Block counter{};
  std::ranges::copy(nonce, counter.begin());
  // The counter's block 1 masks the tag; data starts with block 2.
  uint32_t number = 2;
  for (size_t at = 0; at < data.size(); at += counter.size(), ++number) {
    for (size_t i = 0; i < 4; ++i) counter[12 + i] = static_cast<uint8_t>(number >> (24 - 8 * i));
    const Block stream = encrypt(counter);
    for (size_t i = 0; i < std::min(stream.size(), data.size() - at); ++i) data[at + i] ^= stream[i];
  }
}

}  // namespace nettrace
