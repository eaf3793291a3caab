// Owns: the table of what is captured for which request.
#include "native/capture/device_selection.h"

#include "native/dev/test.h"

namespace nettrace {
namespace {

Interface make(uint32_t index, const char* name, bool up, bool running, bool loopback = false) {
  Interface one;
  one.index = index;
  one.name = name;
  one.up = up;
  one.running = running;
  one.loopback = loopback;
  return one;
}

std::vector<Interface> host() {
  std::vector<Interface> all{make(1, "lo", true, true, true), make(2, "eth0", true, true), make(3, "eth1", true, false),
                             make(4, "wlan0", false, false)};
  all[1].alternative_names = {"enp0s3"};
  return all;
}

std::string chosen(const DeviceRequest& request) {
  std::string text;
  for (const SelectedDevice& one : select_devices(request, host())) text += one.name + " ";
  return text;
}

}  // namespace

TEST("without names the devices that are up, running and not loopback are watched") {
  CHECK_EQ(chosen({}), std::string("eth0 "));
}

TEST("all adds loopback and devices without carrier; those that are down wait") {
  CHECK_EQ(chosen({{}, true}), std::string("lo eth0 eth1 "));
}

TEST("names select exactly these devices, once each, also loopback") {
  CHECK_EQ(chosen({{"lo"}, false}), std::string("lo "));
  CHECK_EQ(chosen({{"eth1", "eth0", "eth1"}, true}), std::string("eth0 eth1 "));
  CHECK_EQ(chosen({{"eth0", "enp0s3"}, false}), std::string("eth0 "));
  CHECK_EQ(chosen({{"wlan0"}, false}), std::string(""));
  CHECK_EQ(chosen({{"usb0"}, false}), std::string(""));
}

TEST("an unknown name is refused with the list of what there is") {
  const auto wrong = check_device_names({{"eth0", "eth9"}, false}, host());
  CHECK(!wrong && wrong.error().code == ErrorCode::kDeviceNotFound);
  CHECK_EQ(wrong.error().subject, std::string("eth9"));
  CHECK_EQ(wrong.error().detail, std::string("there are: lo, eth0, eth1, wlan0"));
  CHECK(check_device_names({{"wlan0", "enp0s3"}, false}, host()).ok());
  CHECK(check_device_names({{}, true}, {}).ok());
}

TEST("the list of existing devices stays short on a host with hundreds") {
  std::vector<Interface> many;
  for (uint32_t i = 1; i <= 300; ++i) many.push_back(make(i, "veth", true, true));
  const auto wrong = check_device_names({{"nope"}, false}, many);
  CHECK(wrong.error().detail.ends_with("veth and 280 more"));
}

}  // namespace nettrace
