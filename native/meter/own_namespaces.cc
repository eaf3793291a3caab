#include "native/meter/own_namespaces.h"

#include <sys/stat.h>

namespace nettrace {
namespace {

uint32_t inode_of(const char* path) noexcept {
  struct stat status {};
  return ::stat(path, &status) == 0 ? static_cast<uint32_t>(status.st_ino) : 0;
}

/// Of the initial pid namespace, include/linux/proc_ns.h (PROC_PID_INIT_INO).
constexpr uint32_t kInitialPidNamespace = 0xeffffffc;

}  // namespace

uint32_t own_pid_namespace() noexcept {
  const uint32_t inode = inode_of("/proc/self/ns/pid");
  return inode == kInitialPidNamespace ? 0 : inode;
}

uint32_t own_network_namespace() noexcept {
  return inode_of("/proc/thread-self/ns/net");
}

}  // namespace nettrace
