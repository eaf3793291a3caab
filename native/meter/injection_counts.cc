#include "native/meter/injection_counts.h"

#include <vector>

#include "native/base/clock.h"
#include "native/meter/bpf_call.h"

namespace nettrace {
namespace {

/// A sender that goes on afterwards gets a new entry.
constexpr int64_t kSilence = 5 * kNanosPerSecond;

std::vector<meter_injector_key> keys_of(int map) {
  std::vector<meter_injector_key> keys;
  meter_injector_key key{};
  const void* previous = nullptr;
  // A key that is deleted meanwhile would send us back to the start: never more than the table holds.
  while (keys.size() < METER_INJECTORS && bpf_next_key(map, previous, &key)) {
    keys.push_back(key);
    previous = &keys.back();
  }
  return keys;
}

}  // namespace

void InjectionCounts::read(int map, int64_t now_ns, const RecordReader& reader, MeterSink& sink) {
  for (const meter_injector_key& key : keys_of(map)) {
    meter_injector now{};
    if (!bpf_lookup(map, &key, &now)) continue;
    meter_injector& since = reported_[key];
    if (now.frames != since.frames) sink.on_injection(reader.injection(key, now, since));
    since = now;
    if (now_ns - static_cast<int64_t>(now.time) < kSilence) continue;
    bpf_delete(map, &key);
    reported_.erase(key);
  }
}

}  // namespace nettrace
