#include "native/engine/elsewhere.h"

#include <dirent.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/stat.h>

#include <array>
#include <memory>
#include <string>

namespace nettrace {
namespace {

constexpr const char* kNamedNamespaces = "/run/netns";

struct Closer {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

std::string name_of_namespace(uint32_t netns) {
  const std::unique_ptr<DIR, Closer> directory(::opendir(kNamedNamespaces));
  while (directory != nullptr) {
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    struct stat status {};
    if (::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) == 0 &&
        static_cast<uint32_t>(status.st_ino) == netns) {
      return entry->d_name;
    }
  }
  return std::to_string(netns);
}

/// Its own namespace is where the thread is when this returns: with the descriptor in hand the way back is open.
std::string name_of_interface(const InterfaceElsewhere& interface) {
  const UniqueFd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const std::string path = "/proc/" + std::to_string(interface.pid) + "/ns/net";
  const UniqueFd there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  const bool same =
      there && ::fstat(there.get(), &status) == 0 && static_cast<uint32_t>(status.st_ino) == interface.netns;
  std::array<char, IF_NAMESIZE> name{};
  if (home && same && ::setns(there.get(), CLONE_NEWNET) == 0) {
    ::if_indextoname(interface.index, name.data());
    ::setns(home.get(), CLONE_NEWNET);
  }
  return name[0] != '\0' ? name.data() : "if" + std::to_string(interface.index);
}

}  // namespace

void watch_elsewhere(SharedState& shared, const InterfaceElsewhere& interface) {
  const std::string name = name_of_interface(interface) + "@" + name_of_namespace(interface.netns);
  const std::lock_guard lock(shared.mutex);
  WatchedInterface& added = shared.view.interfaces.emplace_back();
  added.name = name;
  added.state = InterfaceState::kCapturing;
  added.elsewhere = true;
  Vantage vantage;
  vantage.interface_index = vantage.stack_index = interface.index;
  vantage.netns = interface.netns;
  vantage.captured = false;
  vantage.loopback = name.starts_with("lo@");
  added.loopback = vantage.loopback;
  shared.meter.add_interface(vantage);
}

}  // namespace nettrace
