#include "native/meter/socket_meter.h"

#include "native/meter/bpf_meter.h"
#include "native/meter/raw_meter.h"

namespace nettrace {
namespace {

template <typename Meter>
Result<std::unique_ptr<SocketMeter>> open_as(const SocketMeterOptions& options) {
  auto meter = Meter::open(options);
  if (!meter) return std::move(meter.error());
  return std::unique_ptr<SocketMeter>(std::move(meter).value());
}

}  // namespace

Result<std::unique_ptr<SocketMeter>> SocketMeter::open(const SocketMeterOptions& options) {
  if (options.tier == MeterTier::kCgroup) return open_as<RawMeter>(options);
  auto best = open_as<BpfMeter>(options);
  if (best || options.tier) return best;
  auto raw = RawMeter::open(options);
  if (raw) {
    raw.value()->note_better(std::move(best.error()));
    return std::unique_ptr<SocketMeter>(std::move(raw).value());
  }
  return best;  // what is missing for the better one is missing for both
}

}  // namespace nettrace
