// Owns: the choice of what captures from a device: the own ring or libpcap.
// Knows nothing of: how either does it.
#pragma once

#include <memory>

#include "native/base/result.h"
#include "native/capture/frame_source.h"
#include "native/capture/live_source.h"

namespace nettrace {

enum class CaptureChoice : uint8_t {
  kAuto,  ///< the own ring where it knows the device's frames, libpcap otherwise
  kRing,
  kPcap,
};

struct DeviceSource {
  std::unique_ptr<FrameSource> frames;
  bool ring = false;  ///< frames come from the own ring
};

/// Opens `options.device`. Errors: as open_ring() and open_live().
Result<DeviceSource> open_device(const LiveOptions& options, CaptureChoice choice);

}  // namespace nettrace
