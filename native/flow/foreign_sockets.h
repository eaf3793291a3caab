// Owns: the sockets of this host whose own address is none of this host's addresses (IP_TRANSPARENT, IP_FREEBIND).
// Knows nothing of: their flows and owners.
#pragma once

#include <cstdint>
#include <unordered_map>

#include "native/flow/five_tuple.h"
#include "native/flow/flow_hash.h"

namespace nettrace {

/// Their tuples, while the sockets are there and for a while after. Of a socket that is not connected the remote end is
/// left out. A proxy's clients choose what is in them, so the hash has a key.
class ForeignSockets {
 public:
  /// Further ones are not noted: a proxy under a flood.
  static constexpr size_t kMost = 65'536;

  explicit ForeignSockets(const HashKey& key) : tuples_(16, Hash{key}) {}

  bool empty() const noexcept { return tuples_.empty(); }
  size_t size() const noexcept { return tuples_.size(); }
  /// The socket is there.
  void open(const FiveTuple& tuple);
  /// It is gone, its packets may come until then (CLOCK_REALTIME). Others are not noted by this.
  void close(const FiveTuple& tuple, int64_t until_ns);
  /// A flow with this tuple, seen from this host, is that of such a socket: connected so, or bound to the local end.
  bool contains(const FiveTuple& tuple) const;
  bool knows(const FiveTuple& tuple) const { return tuples_.contains(tuple); }
  void expire(int64_t realtime_ns);

 private:
  struct Hash {
    HashKey key;
    size_t operator()(const FiveTuple& tuple) const noexcept { return flow_hash(key, tuple, 0, true); }
  };
  std::unordered_map<FiveTuple, int64_t, Hash> tuples_;  ///< until when
  int64_t next_ns_ = INT64_MAX;
};

}  // namespace nettrace
