// Owns: the names of remote ends, as packets have told them: which clue is believed, and which name a flow gets.
// Knows nothing of: how names are read, and threads. The engine's lock guards every call.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "native/decode/packet_view.h"
#include "native/flow/clock_cache.h"
#include "native/flow/five_tuple.h"
#include "native/flow/flow_hash.h"
#include "native/flow/sighting.h"
#include "native/names/name_clue.h"

namespace nettrace {

struct KnownName {
  std::string text;
  NameSource source = NameSource::kDns;
  int64_t first_ns = 0;  ///< CLOCK_REALTIME, when it was first and last heard
  int64_t last_ns = 0;
};

/// Names are hints: whoever answers a question of this host, or opens a connection from it, chooses them. What nobody
/// here asked for is not believed: an answer counts only if its question was seen to leave this host (or, in a file,
/// to go out at all), with the same id, name, type and ends, in the last 30 s, and once. Bounded: 4,096 addresses of
/// four names each, 8,192 connections, 4,096 open questions; what is on no screen is forgotten first.
class NameTable {
 public:
  static constexpr size_t kMostAddresses = 4096, kNamesOfAddress = 4, kMostConnections = 8192;

  explicit NameTable(const HashKey& key);

  /// `packet` said `clue` on an interface of this vantage.
  void learn(const PacketView& packet, const NameClue& clue, const Vantage& vantage, const LocalAddresses& addresses);

  /// The name of `flow.remote`: what the flow's own client called it, else the name that its address had been asked for
  /// last when the flow began (`first_ns`), else one that was asked for later. nullptr: none. Valid until learn().
  const KnownName* find(const FiveTuple& flow, int64_t first_ns);

 private:
  struct HashAddress {
    HashKey key;
    size_t operator()(const IpAddress& address) const noexcept;
  };
  struct HashTuple {
    HashKey key;
    size_t operator()(const FiveTuple& tuple) const noexcept { return flow_hash(key, tuple, 0, true); }
  };
  struct AddressNames {
    std::array<KnownName, kNamesOfAddress> names;
    size_t count = 0;
  };
  struct Question {
    uint64_t hash = 0;
    int64_t time_ns = 0;
  };

  Question& place_of(const FiveTuple& asked, const NameClue& clue, uint64_t& hash);
  void learn_address(const IpAddress& address, const NameClue& clue, int64_t now_ns);

  HashKey key_;
  std::vector<Question> questions_;  ///< by hash; a newer one takes the place of an older one
  ClockCache<IpAddress, AddressNames, HashAddress> addresses_;
  ClockCache<FiveTuple, KnownName, HashTuple> connections_;  ///< `local` is the client
};

}  // namespace nettrace
