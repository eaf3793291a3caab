#include "native/meter/cgroup_root.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace nettrace {
namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

/// Blanks, tabs, newlines and backslashes are written as three octal digits, proc(5).
std::string unescaped(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::string read_file(const char* path) {
  std::string text;
  const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t got = file ? ::read(file.get(), part.data(), part.size()) : 0;
    if (got <= 0) return text;
    text.append(part.data(), static_cast<size_t>(got));
  }
}

/// The directory, if it is one of the unified hierarchy.
UniqueFd open_cgroup2(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct statfs status {};
  if (fd && (::fstatfs(fd.get(), &status) != 0 || status.f_type != CGROUP2_SUPER_MAGIC)) fd.reset();
  return fd;
}

/// fsopen(2) and its sisters by number: the C library of Debian 12 has wrappers, that of others not.
UniqueFd mount_detached() {
  const UniqueFd context(static_cast<int>(::syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC)));
  if (!context) return UniqueFd();
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return UniqueFd();
  return UniqueFd(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
}

}  // namespace

std::string find_cgroup2_mount(std::string_view mountinfo) {
  while (!mountinfo.empty()) {
    const size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
    const std::string_view line = mountinfo.substr(0, end);
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    // 36 35 98:0 /root /mount/point options optional... - type source options
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || !line.substr(dash + 3).starts_with("cgroup2 ")) continue;
    const auto words = words_of(line.substr(0, dash));
    // Another root is a part of the hierarchy: its programs would see the sockets of that part alone.
    if (words.size() >= 5 && words[3] == "/") return unescaped(words[4]);
  }
  return {};
}

Result<CgroupRoot> open_cgroup_root() {
  const std::string mounted = find_cgroup2_mount(read_file("/proc/self/mountinfo"));
  if (!mounted.empty()) {
    if (UniqueFd fd = open_cgroup2(mounted)) return CgroupRoot{std::move(fd), mounted};
  }
  if (UniqueFd fd = mount_detached()) return CgroupRoot{std::move(fd), "a private mount"};
  const Error refused =
      Error::from_errno(errno == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kMeterUnsupported, "fsmount", "cgroup2");
  for (const char* path : {"/proc/1/root/sys/fs/cgroup", "/proc/1/root/sys/fs/cgroup/unified"}) {
    if (UniqueFd fd = open_cgroup2(path)) return CgroupRoot{std::move(fd), path};
  }
  return refused;
}

}  // namespace nettrace
