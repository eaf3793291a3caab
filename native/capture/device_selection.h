// Owns: which interfaces to capture from, given what the user asked for. Pure.
// Knows nothing of: opening them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native/base/result.h"
#include "native/capture/interface.h"

namespace nettrace {

/// What the user asked for. Names win over `all`.
struct DeviceRequest {
  std::vector<std::string> names;  ///< names or alternative names
  bool all = false;                ///< loopback too, and interfaces without a carrier
};

struct SelectedDevice {
  uint32_t index = 0;
  std::string name;  ///< the present one, also where an alternative name was asked for
  friend bool operator==(const SelectedDevice&, const SelectedDevice&) = default;
};

/// The devices that can be captured from now, ordered by index. Without names and `all`: up, running, not loopback.
/// With either: those that are up; the others are to be attached when they come up, come back or get their name.
std::vector<SelectedDevice> select_devices(const DeviceRequest& request, std::span<const Interface> interfaces);

/// To be called once at the start: later a name may come and go. Errors: kDeviceNotFound with the first unknown name
/// as subject, and as detail a list of what exists.
Result<void> check_device_names(const DeviceRequest& request, std::span<const Interface> interfaces);

}  // namespace nettrace
