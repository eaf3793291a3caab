#include "native/host/namespace_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>

#include "native/host/proc_root.h"
#include "native/host/text_fields.h"

namespace nettrace {
namespace {

constexpr const char* kNamedNamespaces = "/run/netns";
/// InetRow::netns has 16 bits.
constexpr size_t kMaxNamespaces = 65535;

struct Closer {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

/// The number in a link text "net:[4026531840]", namespaces(7).
std::optional<uint64_t> parse_namespace_link(std::string_view text) {
  constexpr std::string_view kStart = "net:[";
  if (!text.starts_with(kStart) || !text.ends_with(']')) return std::nullopt;
  return parse_unsigned<uint64_t>(text.substr(kStart.size(), text.size() - kStart.size() - 1));
}

std::optional<uint64_t> namespace_at(int directory, const char* path) {
  std::array<char, 64> target;
  const FileText link = read_link_at(directory, path, target);
  return link.error == 0 ? parse_namespace_link(link.text) : std::nullopt;
}

/// The one with this inode; a new one where there is none, nullptr where there are too many.
ListingNamespace* entry_of(std::vector<ListingNamespace>& spaces, uint64_t inode) {
  const auto found =
      std::find_if(spaces.begin(), spaces.end(), [&](const auto& space) { return space.inode == inode; });
  if (found != spaces.end()) return &*found;
  if (spaces.size() >= kMaxNamespaces) return nullptr;
  spaces.emplace_back().inode = inode;
  return &spaces.back();
}

void add_named(std::vector<ListingNamespace>& spaces) {
  const std::unique_ptr<DIR, Closer> directory(::opendir(kNamedNamespaces));
  while (directory != nullptr) {
    const dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) return;
    struct stat status {};
    if (entry->d_name[0] == '.' || ::fstatat(::dirfd(directory.get()), entry->d_name, &status, 0) != 0) continue;
    // A name whose mount has gone is an empty file of another file system.
    struct stat own {};
    if (::stat("/proc/self/ns/net", &own) != 0 || own.st_dev != status.st_dev) continue;
    ListingNamespace* space = entry_of(spaces, status.st_ino);
    if (space != nullptr && space->name.empty()) space->name = entry->d_name;
  }
}

}  // namespace

std::vector<ListingNamespace> list_namespaces() {
  std::vector<ListingNamespace> spaces(1);
  const auto proc = ProcRoot::open("/proc");
  if (!proc) return spaces;
  spaces[0].inode = namespace_at(proc.value().fd(), "thread-self/ns/net").value_or(0);
  auto pids = proc.value().pids();
  while (pids) {
    const auto pid = pids->next();
    if (!pid) break;
    const std::string path = std::to_string(*pid) + "/ns/net";
    const auto inode = namespace_at(proc.value().fd(), path.c_str());
    ListingNamespace* space = inode ? entry_of(spaces, *inode) : nullptr;
    if (space != nullptr && space->pid == 0) space->pid = *pid;
  }
  add_named(spaces);
  return spaces;
}

UniqueFd open_namespace(const ListingNamespace& space) {
  const std::string path =
      space.pid != 0 ? "/proc/" + std::to_string(space.pid) + "/ns/net" : kNamedNamespaces + ("/" + space.name);
  UniqueFd there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!there) return there;
  struct stat status {};
  if (::fstat(there.get(), &status) != 0 || status.st_ino != space.inode) {
    errno = ESRCH;
    return UniqueFd();
  }
  return there;
}

}  // namespace nettrace
