#include "native/host/socket_dump.h"

#include <fcntl.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <string>
#include <unordered_map>

#include "native/base/netlink.h"
#include "native/host/diag_rows.h"
#include "native/host/proc_net.h"
#include "native/host/proc_root.h"
#include "native/host/proc_rows.h"
#include "native/host/text_fields.h"

namespace nettrace {
namespace {

constexpr int kTimeoutMs = 2000;
constexpr size_t kReadSize = 65536;

/// One kind of internet socket and where /proc tells of it.
struct InetKind {
  bool SocketRequest::*wanted;
  uint8_t protocol;
  uint8_t family;
  const char* table;
};
constexpr std::array kInetKinds{
    InetKind{&SocketRequest::tcp, IPPROTO_TCP, 4, "tcp"},
    InetKind{&SocketRequest::tcp, IPPROTO_TCP, 6, "tcp6"},
    InetKind{&SocketRequest::sctp, IPPROTO_SCTP, 4, "sctp"},
    InetKind{&SocketRequest::sctp, IPPROTO_SCTP, 6, "sctp6"},
    InetKind{&SocketRequest::udp, IPPROTO_UDP, 4, "udp"},
    InetKind{&SocketRequest::udp, IPPROTO_UDP, 6, "udp6"},
    InetKind{&SocketRequest::udplite, IPPROTO_UDPLITE, 4, "udplite"},
    InetKind{&SocketRequest::udplite, IPPROTO_UDPLITE, 6, "udplite6"},
    InetKind{&SocketRequest::raw, kRawProtocol, 4, "raw"},
    InetKind{&SocketRequest::raw, kRawProtocol, 6, "raw6"},
};

/// Calls `visit(line)` for each line of a file of the calling thread's namespace; gives an errno. Not /proc/net: that
/// is the namespace of the process's first thread.
template <typename Visit>
int each_line(const std::string& table, Visit&& visit) {
  const std::string path = "/proc/thread-self/net/" + table;
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno;
  std::string text;
  for (;;) {
    const size_t kept = text.size();
    text.resize(kept + kReadSize);
    const ssize_t got = ::read(file.get(), text.data() + kept, kReadSize);
    if (got < 0 && errno == EINTR) {
      text.resize(kept);
      continue;
    }
    if (got < 0) return errno;
    text.resize(kept + static_cast<size_t>(got));
    std::string_view rest = text;
    while (rest.find('\n') != std::string_view::npos) visit(next_line(rest));
    if (got == 0) {
      if (!rest.empty()) visit(rest);
      return 0;
    }
    text.erase(0, text.size() - rest.size());
  }
}

/// Whether the calling thread's namespace has TCP sockets of a family, TIME_WAIT left aside; true where it is not
/// known. All namespaces share one hash table of a few hundred thousand places, and a dump walks through all of it: 5
/// ms.
bool has_tcp_sockets(uint8_t family) {
  const std::string_view start = family == 4 ? "TCP: inuse " : "TCP6: inuse ";
  bool none = false;
  const int failed = each_line(family == 4 ? "sockstat" : "sockstat6", [&](std::string_view line) {
    if (!line.starts_with(start)) return;
    const std::string_view rest = line.substr(start.size());
    none = parse_unsigned<uint64_t>(rest.substr(0, rest.find(' '))) == uint64_t{0};
  });
  return failed != 0 || !none;
}

class Dump {
 public:
  Dump(const SocketRequest& request, uint16_t netns, SocketListing& listing)
      : request_(request), netns_(netns), listing_(listing) {
    if (!request.netlink) return;
    auto socket =
        NetlinkSocket::open({.protocol = NETLINK_SOCK_DIAG, .receive_buffer = 1 << 20, .timeout_ms = kTimeoutMs});
    if (socket) {
      netlink_.emplace(std::move(socket).value());
    } else {
      refused_ = socket.error().number;
    }
  }

  void inet(const InetKind& kind) {
    if (request_.queued && kind.protocol == IPPROTO_TCP && !has_tcp_sockets(kind.family)) {
      return note(kind.table, ListingSource::kProc, 0);
    }
    const size_t before = listing_.inet.protocol.size();
    int number = refused_;
    if (netlink_) {
      const uint8_t family = kind.family == 4 ? AF_INET : AF_INET6;
      NetlinkRequest message(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, inet_dump_request(family, kind.protocol, request_));
      number = exchange(message, [&](const NetlinkMessage& answer) {
        append_inet_socket(answer, kind.protocol, netns_, request_, listing_);
      });
      if (number == 0) return note(kind.table, ListingSource::kNetlink, 0);
      listing_.inet.truncate(before);
      listing_.memory.truncate(before);
      listing_.tcp_info.truncate(before);
    }
    const int failed = kind.protocol == IPPROTO_SCTP ? sctp_lines(kind.family) : inet_lines(kind);
    note_file(kind.table, number, failed);
  }

  void unix_sockets() {
    UnixColumns& sockets = listing_.unix_sockets;
    const size_t before = sockets.inode.size();
    int number = refused_;
    if (netlink_) {
      NetlinkRequest message(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, unix_dump_request(request_));
      number = exchange(message,
                        [&](const NetlinkMessage& answer) { append_unix_socket(answer, netns_, request_, listing_); });
      if (number == 0) {
        if (request_.references) add_references(before);
        return note("unix", ListingSource::kNetlink, 0);
      }
      sockets.truncate(before);
    }
    note_file("unix", number,
              each_line("unix", [&](std::string_view line) { append_unix_line(line, netns_, sockets); }));
  }

  void packet() {
    const size_t before = listing_.packet.inode.size();
    int number = refused_;
    if (netlink_) {
      NetlinkRequest message(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, packet_dump_request());
      number = exchange(message,
                        [&](const NetlinkMessage& answer) { append_packet_socket(answer, netns_, listing_.packet); });
      if (number == 0) return note("packet", ListingSource::kNetlink, 0);
      listing_.packet.truncate(before);
    }
    note_file("packet", number, each_line("packet", [&](std::string_view line) {
                auto row = parse_packet_row(line);
                if (!row) return;
                row->netns = netns_;
                listing_.packet.append(*row);
              }));
  }

 private:
  /// The errno of a failure, 0 for a whole answer.
  template <typename Visit>
  int exchange(NetlinkRequest& message, Visit&& visit) {
    const auto reply = netlink_->exchange(message, visit);
    if (reply) return 0;
    return reply.error().number == 0 ? EPROTO : reply.error().number;
  }

  void append(InetRow row) {
    if (request_.queued) {
      ++listing_.looked;
      if (!is_queued(row.state, row.receive_queue, row.send_queue, row.inode) &&
          !is_wanted(request_, row.protocol, netns_, row.local_port, row.remote_port)) {
        return;
      }
    }
    row.netns = netns_;
    listing_.inet.append(row);
    if (request_.memory) listing_.memory.append(MemoryRow{});
    if (request_.tcp_info) listing_.tcp_info.append(TcpInfoRow{});
  }

  int inet_lines(const InetKind& kind) {
    return each_line(kind.table, [&](std::string_view line) {
      if (const auto row = parse_inet_row(line, kind.protocol, kind.family)) append(*row);
    });
  }

  /// An association has several paths; each is a row. /proc/net/sctp tells no queues that are worth showing.
  int sctp_lines(uint8_t family) {
    std::vector<SocketRecord> records;
    int failed = 0;
    for (const auto& [table, layout] : {std::pair{"sctp/eps", ProcNetFormat::Layout::kSctpEndpoints},
                                        std::pair{"sctp/assocs", ProcNetFormat::Layout::kSctpAssociations}}) {
      const ProcNetFormat format{layout, SocketKind::kTransport, IPPROTO_SCTP, family == 6};
      failed |= each_line(table, [&](std::string_view line) { parse_proc_net_line(line, format, records); });
    }
    for (const SocketRecord& record : records) {
      if (record.v6 != (family == 6)) continue;
      InetRow row;
      row.protocol = IPPROTO_SCTP;
      row.family = family;
      row.local = record.local.address;
      row.local_port = record.local.port;
      row.remote = record.remote.address;
      row.remote_port = record.remote.port;
      row.state = static_cast<uint8_t>(record.state);
      row.uid = record.uid;
      row.inode = record.inode;
      append(row);
    }
    return failed;
  }

  /// sock_diag tells neither reference counts nor sockets that nobody has accepted yet; those have no inode. The rows
  /// from `first` on become those of /proc/net/unix, with what was asked of sock_diag where both know the socket.
  void add_references(size_t first) {
    UnixColumns told;
    if (each_line("unix", [&](std::string_view line) { append_unix_line(line, netns_, told); }) != 0) return;
    UnixColumns& sockets = listing_.unix_sockets;
    std::unordered_map<uint32_t, size_t> asked;
    for (size_t i = first; i < sockets.inode.size(); ++i) asked.emplace(sockets.inode[i], i);
    UnixColumns merged;
    for (size_t i = 0; i < told.inode.size(); ++i) {
      const auto found = asked.find(told.inode[i]);
      if (found == asked.end()) {
        merged.append(told.row(i), told.name.at(i));
        continue;
      }
      UnixRow row = sockets.row(found->second);
      row.references = told.references[i];
      merged.append(row, sockets.name.at(found->second));
    }
    sockets.truncate(first);
    for (size_t i = 0; i < merged.inode.size(); ++i) sockets.append(merged.row(i), merged.name.at(i));
  }

  void note_file(const char* table, int netlink_number, int file_number) {
    if (file_number != 0) return note(table, ListingSource::kNone, file_number);
    note(table, ListingSource::kProc, netlink_number);
  }

  void note(const char* table, ListingSource source, int number) {
    if (netns_ == 0) listing_.parts.push_back({table, source, number});
  }

  const SocketRequest& request_;
  const uint16_t netns_;
  SocketListing& listing_;
  std::optional<NetlinkSocket> netlink_;
  int refused_ = 0;
};

}  // namespace

void dump_sockets(const SocketRequest& request, uint16_t netns, SocketListing& listing) {
  Dump dump(request, netns, listing);
  for (const InetKind& kind : kInetKinds) {
    if (request.*kind.wanted && (kind.family == 4 ? request.v4 : request.v6)) dump.inet(kind);
  }
  if (request.unix_sockets) dump.unix_sockets();
  if (request.packet) dump.packet();
}

}  // namespace nettrace
