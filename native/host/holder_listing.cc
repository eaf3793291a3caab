#include "native/host/holder_listing.h"

#include <fcntl.h>

#include <array>
#include <cerrno>

#include "native/host/process_stat.h"

namespace nettrace {
namespace {

constexpr size_t kProgramLimit = 511;

/// Appends the sockets of one process; false where its descriptors may not be read.
bool visit(int process, uint32_t place, HolderListing& listing) {
  UniqueFd directory(::openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return errno != EACCES && errno != EPERM;
  NumberedDirectory descriptors(std::move(directory));
  bool readable = true;
  while (const auto fd = descriptors.next()) {
    std::array<char, 32> target;
    const FileText link = read_link_at(descriptors.fd(), NumberName(*fd).c_str(), target);
    if (link.error == EACCES || link.error == EPERM) readable = false;
    const auto inode = parse_socket_link(link.text);
    if (!inode) continue;
    listing.inode.push_back(*inode);
    listing.process.push_back(place);
    listing.fd.push_back(*fd);
  }
  return readable;
}

std::string_view first_line(std::string_view text, char end) {
  return text.substr(0, text.find(end));
}

}  // namespace

HolderListing list_holders(const ProcRoot& proc) {
  HolderListing listing;
  std::array<char, kProgramLimit> text;
  auto pids = proc.pids();
  while (pids) {
    const auto pid = pids->next();
    if (!pid) break;
    const UniqueFd process = proc.process(*pid);
    if (!process) continue;
    const size_t before = listing.inode.size();
    if (!visit(process.get(), static_cast<uint32_t>(listing.pid.size()), listing)) ++listing.hidden;
    if (listing.inode.size() == before) continue;
    listing.pid.push_back(*pid);
    // comm ends with a newline and may hold others; a thread group has at most 15 bytes of it.
    std::string_view comm = read_file_at(process.get(), "comm", text).text;
    if (comm.ends_with('\n')) comm.remove_suffix(1);
    listing.name.append(comm);
    listing.program.append(first_line(read_file_at(process.get(), "cmdline", text).text, '\0'));
  }
  return listing;
}

}  // namespace nettrace
