// Owns: tests of the /proc/net parsers and of /proc/PID text, on real, cut and hostile lines.
// Knows nothing of: files.
#include "native/host/proc_net.h"

#include <netinet/in.h>

#include <string>

#include "native/dev/test.h"
#include "native/host/process_stat.h"
#include "native/host/text_fields.h"
#include "native/host/visibility.h"

namespace {

using namespace nettrace;
using Layout = ProcNetFormat::Layout;

constexpr ProcNetFormat kTcp{Layout::kInet, SocketKind::kTransport, IPPROTO_TCP, false};
constexpr ProcNetFormat kUdp6{Layout::kInet, SocketKind::kTransport, IPPROTO_UDP, true};
constexpr ProcNetFormat kRaw{Layout::kInet, SocketKind::kRaw, 0, false};
constexpr ProcNetFormat kPing{Layout::kInet, SocketKind::kPing, IPPROTO_ICMP, false};

/// As the kernel of this machine would print it.
std::string hex(uint32_t network_order) {
  char text[9];
  std::snprintf(text, sizeof text, "%08X", htonl(network_order));
  return text;
}
const std::string kHeader =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const std::string kTail =
    " 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0000000000000000 100 0 0 10 0\n";

std::vector<SocketRecord> parse(const std::string& text, const ProcNetFormat& format) {
  std::vector<SocketRecord> sockets;
  parse_proc_net(text, format, true, sockets);
  return sockets;
}

TEST("a line of /proc/net/tcp is a socket, its header is none") {
  const auto sockets =
      parse(kHeader + "   0: " + hex(0x7f000001) + ":1F90 " + hex(0x0a000002) + ":C350 01" + kTail, kTcp);
  CHECK_EQ(sockets.size(), 1u);
  CHECK_EQ(sockets[0].local.address.text(), "127.0.0.1");
  CHECK_EQ(sockets[0].local.port, 8080);
  CHECK_EQ(sockets[0].remote.address.text(), "10.0.0.2");
  CHECK_EQ(sockets[0].remote.port, 50000);
  CHECK_EQ(sockets[0].inode, 4711u);
  CHECK_EQ(sockets[0].uid, 1000u);
  CHECK_EQ(sockets[0].state, SocketState::kEstablished);
}

TEST("IPv6 addresses are four words, each in the order of this machine") {
  const std::string address = hex(0x20010db8) + hex(0) + hex(0) + hex(1);
  const auto sockets = parse("  12: " + address + ":0035 " + std::string(32, '0') + ":0000 07" + kTail, kUdp6);
  CHECK_EQ(sockets.size(), 1u);
  CHECK_EQ(sockets[0].local.address.text(), "2001:db8::1");
  CHECK(sockets[0].remote.address.is_wildcard());
  CHECK(!sockets[0].connected());
  CHECK(sockets[0].v6);
}

TEST("the local port of a raw socket is its protocol, that of a ping socket its identifier") {
  const std::string line = "   1: " + hex(0) + ":002F " + hex(0) + ":0000 07" + kTail;
  CHECK_EQ(parse(line, kRaw)[0].protocol, IPPROTO_GRE);
  CHECK_EQ(parse(line, kRaw)[0].local.port, 0);
  CHECK_EQ(parse(line, kPing)[0].protocol, IPPROTO_ICMP);
  CHECK_EQ(parse(line, kPing)[0].local.port, 47);
}

TEST("a line that is cut anywhere before its inode is no socket") {
  const std::string line = "   0: " + hex(0x7f000001) + ":1F90 " + hex(0) + ":0000 0A" + kTail;
  const size_t inode = line.find("4711");
  for (size_t length = 0; length <= inode; ++length) CHECK(parse(line.substr(0, length), kTcp).empty());
}

TEST("hostile lines are no sockets") {
  const std::vector<std::string> lines{"",
                                       "\n\n\n",
                                       ":",
                                       "0:",
                                       "0: :: :: :: ::",
                                       std::string(100'000, 'A'),
                                       std::string(5000, ' '),
                                       "0: 0100007F:1F90F 00000000:0000 0A" + kTail,
                                       "0: 0100007G:1F90 00000000:0000 0A" + kTail,
                                       "0: 0100007F:1F90 00000000:0000 1FF" + kTail,
                                       "0: 0100007F:-1 00000000:0000 0A" + kTail,
                                       std::string("0: \0\0\0 \xff\xfe", 8)};
  for (const std::string& line : lines) {
    CHECK(parse(line, kTcp).empty());
    CHECK(parse(line, kUdp6).empty());
    CHECK(parse(line, {Layout::kSctpAssociations, SocketKind::kTransport, IPPROTO_SCTP, false}).empty());
    CHECK(parse(line, {Layout::kSctpEndpoints, SocketKind::kTransport, IPPROTO_SCTP, false}).empty());
  }
}

TEST("a table that arrives in pieces gives the same sockets, whatever the pieces") {
  std::string text = kHeader;
  for (int i = 0; i < 20; ++i)
    text += "  " + std::to_string(i) + ": " + hex(1) + ":1F90 " + hex(0) + ":0000 0A" + kTail;
  for (size_t piece = 1; piece < 200; piece += 7) {
    std::vector<SocketRecord> sockets;
    std::string held;
    for (size_t place = 0; place < text.size(); place += piece) {
      held += text.substr(place, piece);
      held.erase(0, parse_proc_net(held, kTcp, false, sockets));
    }
    parse_proc_net(held, kTcp, true, sockets);
    CHECK_EQ(sockets.size(), 20u);
  }
}

TEST("an SCTP association gives one record for each address of the far end") {
  const std::string line =
      "ffff8800 ffff8801 2 1 3 33141 8 0 0 1001 20748 5000 6000 *10.0.0.1 10.0.1.1 <-> *10.0.0.2 10.0.1.2 7500 10 10\n";
  const auto sockets = parse(line, {Layout::kSctpAssociations, SocketKind::kTransport, IPPROTO_SCTP, false});
  CHECK_EQ(sockets.size(), 2u);
  CHECK_EQ(sockets[0].inode, 20748u);
  CHECK_EQ(sockets[0].uid, 1001u);
  CHECK_EQ(sockets[0].local.port, 5000);
  CHECK_EQ(sockets[0].local.address.text(), "10.0.0.1");
  CHECK_EQ(sockets[1].remote.address.text(), "10.0.1.2");
  const auto endpoints = parse(" ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS\nff f0 2 10 29 5000 0 77 0.0.0.0\n",
                               {Layout::kSctpEndpoints, SocketKind::kTransport, IPPROTO_SCTP, false});
  CHECK_EQ(endpoints.size(), 1u);
  CHECK_EQ(endpoints[0].inode, 77u);
  CHECK(endpoints[0].listening());
}

TEST("a process name with parentheses, blanks and newlines does not shift the fields of stat") {
  const std::string text = "42 (a) S 9 (\n) R 7 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 98765 1000 10\n";
  const auto stat = parse_process_stat(text);
  CHECK(stat.has_value());
  CHECK_EQ(stat->pid, 42u);
  CHECK_EQ(stat->name, "a) S 9 (\n");
  CHECK_EQ(stat->state, 'R');
  CHECK_EQ(stat->parent_pid, 7u);
  CHECK_EQ(stat->threads, 3u);
  CHECK_EQ(stat->start_time, 98765u);
  for (size_t length = 0; length <= text.find("98765") + 5; ++length) {
    CHECK(!parse_process_stat(std::string_view(text).substr(0, length)));
  }
  CHECK(!parse_process_stat(")("));
}

TEST("schedstat without counts is no witness") {
  CHECK(!parse_schedstat("0 0 0\n"));
  CHECK(!parse_schedstat("1 2"));
  CHECK_EQ(parse_schedstat("100 5 7\n")->slices, 7u);
}

TEST("reading all descriptors takes two capabilities") {
  CHECK(may_read_all_descriptors("Name:\tx\nCapEff:\t000001ffffffffff\n"));
  CHECK(may_read_all_descriptors("CapEff:\t0000000000080004\n"));   // SYS_PTRACE and DAC_READ_SEARCH
  CHECK(!may_read_all_descriptors("CapEff:\t0000000000080000\n"));  // SYS_PTRACE alone
  CHECK(!may_read_all_descriptors("CapEff:\t0000000000000004\n"));
  CHECK(!may_read_all_descriptors("CapEff:\t0000000000000000\n"));
}

}  // namespace
