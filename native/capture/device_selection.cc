// Owns: the rules of the selection, and the sentence for a wrong name.
#include "native/capture/device_selection.h"

#include <algorithm>

namespace nettrace {
namespace {

constexpr size_t kMaxNamesListed = 20;

bool is_called(const Interface& interface, const std::string& name) {
  const auto& others = interface.alternative_names;
  return interface.name == name || std::find(others.begin(), others.end(), name) != others.end();
}

bool is_wanted(const DeviceRequest& request, const Interface& interface) {
  if (request.names.empty()) return request.all || (interface.running && !interface.loopback);
  return std::any_of(request.names.begin(), request.names.end(),
                     [&](const std::string& name) { return is_called(interface, name); });
}

std::string list_names(std::span<const Interface> interfaces) {
  std::string text = "there are:";
  for (size_t i = 0; i < std::min(interfaces.size(), kMaxNamesListed); ++i) {
    text += (i == 0 ? " " : ", ") + interfaces[i].name;
  }
  if (interfaces.size() > kMaxNamesListed) {
    text += " and " + std::to_string(interfaces.size() - kMaxNamesListed) + " more";
  }
  return text;
}

}  // namespace

std::vector<SelectedDevice> select_devices(const DeviceRequest& request, std::span<const Interface> interfaces) {
  std::vector<SelectedDevice> selected;
  for (const Interface& interface : interfaces) {
    if (interface.up && is_wanted(request, interface)) selected.push_back({interface.index, interface.name});
  }
  return selected;
}

Result<void> check_device_names(const DeviceRequest& request, std::span<const Interface> interfaces) {
  for (const std::string& name : request.names) {
    const bool exists = std::any_of(interfaces.begin(), interfaces.end(),
                                    [&](const Interface& interface) { return is_called(interface, name); });
    if (!exists) return Error{ErrorCode::kDeviceNotFound, "", 0, name, list_names(interfaces)};
  }
  return {};
}

}  // namespace nettrace
