// Owns: local endpoints that had no socket a moment ago, so that a flood to a closed port costs one lookup a second.
// Knows nothing of: lookups.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "native/base/clock.h"
#include "native/base/ip_address.h"

namespace nettrace {

/// Only for flows that the far end begins: a local process may at any time connect from a port that has no listener.
class NegativeCache {
 public:
  static constexpr int64_t kLife = kNanosPerSecond;
  static constexpr size_t kLimit = 16'384;

  bool contains(uint8_t protocol, const Endpoint& local, int64_t now_ns) const noexcept {
    const auto entry = until_.find({local, protocol});
    return entry != until_.end() && now_ns < entry->second;
  }
  void add(uint8_t protocol, const Endpoint& local, int64_t now_ns) {
    if (until_.size() >= kLimit) until_.clear();
    until_[{local, protocol}] = now_ns + kLife;
  }

 private:
  struct Key {
    Endpoint local;
    uint8_t protocol = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const noexcept {
      uint64_t low = 0;
      std::memcpy(&low, &key.local.address.bytes[8], sizeof low);
      return (low ^ uint64_t{key.local.port} << 8 ^ key.protocol) * 0x9e3779b97f4a7c15ULL >> 16;
    }
  };
  std::unordered_map<Key, int64_t, Hash> until_;
};

}  // namespace nettrace
