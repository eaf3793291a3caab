#include "native/capture/device_source.h"

#include "native/capture/ring_source.h"

namespace nettrace {
namespace {

/// What libpcap may still manage: frames that only it knows, a kernel that refuses one of the ring's options.
bool libpcap_may_help(ErrorCode code) noexcept {
  return code == ErrorCode::kLinkTypeUnknown || code == ErrorCode::kCaptureFailed;
}

}  // namespace

Result<DeviceSource> open_device(const LiveOptions& options, CaptureChoice choice) {
  if (choice != CaptureChoice::kPcap) {
    auto ring = open_ring(options);
    if (ring) return DeviceSource{std::move(ring).value(), true};
    if (choice == CaptureChoice::kRing || !libpcap_may_help(ring.error().code)) return std::move(ring.error());
  }
  auto pcap = open_live(options);
  if (!pcap) return std::move(pcap.error());
  return DeviceSource{std::move(pcap).value(), false};
}

}  // namespace nettrace
