// Owns: the keyed hash of a flow's identity; the key is random for every run, so that nobody outside can aim at a
// bucket. Knows nothing of: the table.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "native/flow/five_tuple.h"

namespace nettrace {

/// Secret of one run; from getrandom(2), fixed in tests.
using HashKey = std::array<uint64_t, 4>;

/// Multiply and fold, the mixing step of the wyhash family: 128-bit product of two keyed words, halves xored.
inline uint64_t multiply_fold(uint64_t left, uint64_t right) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(left) * right;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// 32 bits over tuple, interface and orientation.
inline uint32_t flow_hash(const HashKey& key, const FiveTuple& tuple, uint16_t interface, bool oriented) noexcept {
  std::array<uint64_t, 4> words{};
  std::memcpy(words.data(), tuple.local.address.bytes.data(), 16);
  std::memcpy(&words[2], tuple.remote.address.bytes.data(), 16);
  const uint64_t rest = uint64_t{tuple.local.port} << 48 | uint64_t{tuple.remote.port} << 32 |
                        uint64_t{interface} << 16 | uint64_t{tuple.protocol} << 8 | uint64_t{oriented};
  // Each product depends on two secret words and on the result before it, so that no input word can cancel another.
  uint64_t state = multiply_fold(words[0] ^ key[0], words[1] ^ key[1]);
  state = multiply_fold(words[2] ^ key[1] ^ state, words[3] ^ key[2]);
  state = multiply_fold(rest ^ key[2], state ^ key[3]);
  state = multiply_fold(state ^ key[0], key[3] ^ 0x9e3779b97f4a7c15ULL);
  return static_cast<uint32_t>(state ^ state >> 32);
}

}  // namespace nettrace
