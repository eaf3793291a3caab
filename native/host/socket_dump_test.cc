// Owns: tests of the socket table: rows from messages and lines, and the two readings of one machine against each
// other. Knows nothing of: JavaScript.
#include "native/host/socket_dump.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <string>

#include "native/dev/test.h"
#include "native/host/diag_rows.h"
#include "native/host/holder_listing.h"
#include "native/host/live_fixture.h"
#include "native/host/namespace_list.h"
#include "native/host/proc_rows.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

constexpr std::string_view kPersistLine =
    "   7: 0100000A:88D4 0100000A:1F90 01 0039B600:0001F600 04:00000196 00000002  1000        3 1015871 1 "
    "000000009769c913 20 8 0 10 -1";

/// The row of the socket with this port on this side; nothing where it is not listed.
std::optional<size_t> row_of(const SocketListing& listing, uint16_t local, uint16_t remote) {
  for (size_t i = 0; i < listing.inet.local_port.size(); ++i) {
    if (listing.inet.local_port[i] == local && listing.inet.remote_port[i] == remote) return i;
  }
  return std::nullopt;
}

SocketListing dump(SocketRequest request) {
  SocketListing listing;
  dump_sockets(request, 0, listing);
  return listing;
}

TEST("the queues of a line stand the other way round than people read them, times are ticks of 10 ms") {
  const auto row = parse_inet_row(kPersistLine, IPPROTO_TCP, 4);
  CHECK(row.has_value());
  if (!row) return;
  CHECK_EQ(row->send_queue, 0x39b600u);
  CHECK_EQ(row->receive_queue, 0x1f600u);
  CHECK_EQ(row->timer, 4);
  CHECK_EQ(row->expires_ms, 4060u);
  CHECK_EQ(row->retries, 2);
  CHECK_EQ(row->probes, 3u);
  CHECK_EQ(row->uid, 1000u);
  CHECK_EQ(row->inode, 1015871u);
  CHECK_EQ(row->drops, 0u);
}

TEST("the drops of a UDP line are its last number") {
  const auto row = parse_inet_row(
      "  1: 00000000:14E9 00000000:0000 07 00000000:00000500 00:00000000 00000000     0        0 77 2 0000000012345678 "
      "9",
      IPPROTO_UDP, 4);
  CHECK(row.has_value());
  CHECK_EQ(row->drops, 9u);
}

TEST("a line that is cut anywhere before its inode is no socket") {
  for (size_t length = 0; length < kPersistLine.find("1015871"); ++length) {
    CHECK(!parse_inet_row(kPersistLine.substr(0, length), IPPROTO_TCP, 4));
  }
}

TEST("a unix line tells of a name with blanks, an abstract one, and a socket nobody has accepted") {
  UnixColumns sockets;
  CHECK(append_unix_line("0000000000000000: 00000002 00000000 00010000 0001 01 11 /run/a b", 0, sockets));
  CHECK(append_unix_line("0000000000000000: 00000003 00000000 00000000 0001 02     0 @x@y", 0, sockets));
  CHECK(append_unix_line("0000000000000000: 00000002 00000000 00000000 0002 01 12", 0, sockets));
  CHECK(!append_unix_line("Num       RefCount Protocol Flags    Type St Inode Path", 0, sockets));
  CHECK_EQ(sockets.inode.size(), 3u);
  CHECK_EQ(sockets.state[0], 10);
  CHECK_EQ(sockets.state[1], 1);
  CHECK_EQ(sockets.state[2], 7);
  const std::string bytes(sockets.name.bytes.begin(), sockets.name.bytes.end());
  CHECK_EQ(bytes.substr(0, sockets.name.ends[0]), "/run/a b");
  CHECK_EQ(bytes.substr(sockets.name.ends[0]), std::string("\0x\0y", 4));
}

TEST("an answer cut at any length is a socket or none, and never more") {
  inet_diag_msg body{};
  body.idiag_family = AF_INET;
  body.idiag_state = 1;
  std::vector<uint8_t> bytes(sizeof body + 8);
  std::memcpy(bytes.data(), &body, sizeof body);
  const nlattr attribute{.nla_len = 8, .nla_type = INET_DIAG_INFO};
  std::memcpy(bytes.data() + sizeof body, &attribute, sizeof attribute);
  SocketRequest request;
  request.tcp_info = true;
  for (size_t length = 0; length <= bytes.size(); ++length) {
    SocketListing listing;
    NetlinkMessage message;
    message.header.nlmsg_type = 20;  // SOCK_DIAG_BY_FAMILY
    message.payload = Bytes(bytes.data(), length);
    const bool found = append_inet_socket(message, IPPROTO_TCP, 0, request, listing);
    CHECK_EQ(found, length >= sizeof body);
    CHECK_EQ(listing.inet.state.size(), found ? 1u : 0u);
    CHECK_EQ(listing.tcp_info.known.size(), found ? 1u : 0u);
  }
}

TEST("a listener's send queue is the limit of its accept queue, its receive queue those that wait") {
  const Socket listener = listen_on(AF_INET);
  ::listen(listener.fd.get(), 3);
  const Socket client{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  const sockaddr_in address = loopback_v4(port_of(listener));
  CHECK_EQ(::connect(client.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  SocketRequest request;
  request.tcp = request.tcp_info = request.memory = request.congestion = true;
  const SocketListing listing = dump(request);
  const auto row = row_of(listing, port_of(listener), 0);
  CHECK(row.has_value());
  if (!row) return;
  CHECK_EQ(listing.inet.state[*row], 10);
  CHECK_EQ(listing.inet.receive_queue[*row], 1u);
  CHECK_EQ(listing.inet.send_queue[*row], 3u);
  const auto connection = row_of(listing, port_of(client), port_of(listener));
  CHECK(connection.has_value());
  if (!connection) return;
  CHECK_EQ(listing.tcp_info.known[*connection], 1);
  CHECK(listing.tcp_info.rtt[*connection] > 0);
  CHECK(listing.memory.receive_buffer[*connection] > 0);
  CHECK(listing.inet.congestion[*connection] > 0);
  CHECK(listing.inet.cookie[*connection] > 0);
  const auto waiting = row_of(listing, port_of(listener), port_of(client));
  CHECK(waiting.has_value());
  if (waiting) CHECK_EQ(listing.inet.inode[*waiting], 0u);
}

TEST("netlink and /proc/net tell of the same listener the same") {
  const Socket listener = listen_on(AF_INET);
  SocketRequest request;
  request.tcp = true;
  const SocketListing asked = dump(request);
  request.netlink = false;
  const SocketListing read = dump(request);
  CHECK_EQ(static_cast<int>(asked.parts[0].source), static_cast<int>(ListingSource::kNetlink));
  CHECK_EQ(static_cast<int>(read.parts[0].source), static_cast<int>(ListingSource::kProc));
  const auto one = row_of(asked, port_of(listener), 0);
  const auto other = row_of(read, port_of(listener), 0);
  CHECK(one.has_value() && other.has_value());
  if (!one || !other) return;
  CHECK_EQ(asked.inet.inode[*one], read.inet.inode[*other]);
  CHECK_EQ(asked.inet.local[*one].text(), read.inet.local[*other].text());
  CHECK_EQ(asked.inet.uid[*one], read.inet.uid[*other]);
}

TEST("a unix socket has its name byte by byte, its peer and its references") {
  const Socket listener{UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = std::string("\0nt\0", 4) + std::to_string(::getpid());
  std::memcpy(&address.sun_path[0], name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  CHECK_EQ(::bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  CHECK_EQ(::listen(listener.fd.get(), 7), 0);
  SocketRequest request;
  request.unix_sockets = request.references = true;
  const SocketListing listing = dump(request);
  const auto inode = parse_socket_link([&] {
    std::array<char, 64> target{};
    const std::string path = "/proc/self/fd/" + std::to_string(listener.fd.get());
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return std::string(target.data(), size > 0 ? static_cast<size_t>(size) : 0);
  }());
  const auto& inodes = listing.unix_sockets.inode;
  const auto row = static_cast<size_t>(std::find(inodes.begin(), inodes.end(), inode.value_or(0)) - inodes.begin());
  CHECK(row < inodes.size());
  if (row >= inodes.size()) return;
  CHECK_EQ(std::string(listing.unix_sockets.name.at(row)), name);
  CHECK_EQ(listing.unix_sockets.state[row], 10);
  CHECK_EQ(listing.unix_sockets.send_queue[row], 7u);
  CHECK_EQ(listing.unix_sockets.references[row], 2u);
}

TEST("a unix connection that nobody has accepted is listed without inode, though sock_diag leaves it out") {
  const Socket listener{UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = std::string("\0waiting", 8) + std::to_string(::getpid());
  std::memcpy(&address.sun_path[0], name.data(), name.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  CHECK_EQ(::bind(listener.fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  CHECK_EQ(::listen(listener.fd.get(), 7), 0);
  const Socket client{UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  CHECK_EQ(::connect(client.fd.get(), reinterpret_cast<const sockaddr*>(&address), length), 0);
  SocketRequest request;
  request.unix_sockets = request.references = true;
  const UnixColumns sockets = dump(request).unix_sockets;
  size_t waiting = 0;
  for (size_t i = 0; i < sockets.inode.size(); ++i) {
    if (sockets.inode[i] != 0 || sockets.name.at(i) != name) continue;
    ++waiting;
    CHECK_EQ(sockets.state[i], 1);
  }
  CHECK_EQ(waiting, 1u);
}

TEST("a socket that a child shares has both as holders, the lower pid first") {
  const Socket listener = listen_on(AF_INET);
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto proc = ProcRoot::open("/proc");
  CHECK(proc.ok());
  if (!proc) return;
  const HolderListing holders = list_holders(proc.value());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  SocketRequest request;
  request.tcp = true;
  const SocketListing listing = dump(request);
  const auto row = row_of(listing, port_of(listener), 0);
  CHECK(row.has_value());
  if (!row) return;
  std::vector<uint32_t> pids;
  for (size_t i = 0; i < holders.inode.size(); ++i) {
    if (holders.inode[i] == listing.inet.inode[*row]) pids.push_back(holders.pid[holders.process[i]]);
  }
  std::vector<uint32_t> expected{static_cast<uint32_t>(::getpid()), static_cast<uint32_t>(child)};
  std::sort(expected.begin(), expected.end());
  CHECK(pids == expected);
}

TEST("the caller's own namespace is the first") {
  const auto spaces = list_namespaces();
  CHECK(!spaces.empty());
  CHECK(spaces[0].inode != 0);
  CHECK(spaces[0].pid != 0);
  CHECK(open_namespace(spaces[0]).get() >= 0);
}

}  // namespace
