// Owns: the requests, as linux/ethtool.h has them.
#include "native/capture/ethtool.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace nettrace {
namespace {

bool ask(int socket, const std::string& name, void* question) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  request.ifr_data = static_cast<char*>(question);
  return socket >= 0 && ::ioctl(socket, SIOCETHTOOL, &request) == 0;
}

/// `settings` comes with how many words a mask has; 0: the answer is only that, as a negative number.
bool ask_settings(int socket, const std::string& name, ethtool_link_settings& settings) {
  constexpr size_t kMostMasks = size_t{3} * INT8_MAX * sizeof(uint32_t);
  settings.cmd = ETHTOOL_GLINKSETTINGS;
  std::array<uint8_t, sizeof settings + kMostMasks> room{};  // the kernel writes the masks behind the settings
  std::memcpy(room.data(), &settings, sizeof settings);
  if (!ask(socket, name, room.data())) return false;
  std::memcpy(&settings, room.data(), sizeof settings);
  return true;
}

}  // namespace

Ethtool::Ethtool() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}

std::string Ethtool::driver(const std::string& name) const {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (!ask(socket_.get(), name, &info)) return {};
  return {info.driver, strnlen(info.driver, sizeof info.driver)};
}

uint64_t Ethtool::link_speed(const std::string& name) const {
  ethtool_link_settings settings{};
  if (!ask_settings(socket_.get(), name, settings) || settings.link_mode_masks_nwords >= 0) return 0;
  settings.link_mode_masks_nwords = static_cast<int8_t>(-settings.link_mode_masks_nwords);
  if (!ask_settings(socket_.get(), name, settings)) return 0;
  if (settings.speed == static_cast<uint32_t>(SPEED_UNKNOWN)) return 0;
  constexpr uint64_t kBitsOfMegabit = 1'000'000;
  return settings.speed * kBitsOfMegabit;
}

}  // namespace nettrace
