// Owns: reading and clearing the table of processes that send through packet sockets.
// Knows nothing of: how it is filled.
#pragma once

#include <cstdint>
#include <cstring>
#include <unordered_map>

#include "native/meter/bpf_records.h"
#include "native/meter/injection.h"

namespace nettrace {

/// Remembers what has been reported of each sender, so that the sink gets differences.
class InjectionCounts {
 public:
  /// Reports what was sent since the last call. Senders that have been silent for long leave the table.
  void read(int map, int64_t now_ns, const RecordReader& reader, MeterSink& sink);

 private:
  struct KeyHash {
    size_t operator()(const meter_injector_key& key) const noexcept {
      return std::hash<uint64_t>{}((key.start_time ^ key.tgid) * 0x9e3779b97f4a7c15ULL ^ key.netns ^
                                   uint64_t{key.interface} << 32);
    }
  };
  struct KeyEqual {
    bool operator()(const meter_injector_key& left, const meter_injector_key& right) const noexcept {
      return std::memcmp(&left, &right, sizeof left) == 0;
    }
  };
  std::unordered_map<meter_injector_key, meter_injector, KeyHash, KeyEqual> reported_;
};

}  // namespace nettrace
