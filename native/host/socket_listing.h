// Owns: SocketListing, every socket that the kernel tells of, as columns: row i of all columns of a table is one
// socket. Knows nothing of: where the rows come from, and who holds a socket.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/ip_address.h"

namespace nettrace {

/// Bits of InetRow::flags.
enum SocketFlag : uint8_t {
  kFlagV6Only = 1,
  kFlagReceiveShut = 2,  ///< SHUT_RD
  kFlagSendShut = 4,     ///< SHUT_WR
};

/// `protocol` of a raw socket; its own protocol number is its local port, as /proc/net/raw and sock_diag tell it.
constexpr uint8_t kRawProtocol = 255;

#define NETTRACE_COLUMN(type, field, name) type field{};
struct InetRow {
#include "native/host/listing_inet.def"
};
struct MemoryRow {
#include "native/host/listing_memory.def"
};
struct TcpInfoRow {
#include "native/host/listing_tcp_info.def"
};
struct UnixRow {
#include "native/host/listing_unix.def"
};
struct PacketRow {
#include "native/host/listing_packet.def"
};
#undef NETTRACE_COLUMN

/// Texts of a table behind each other; `ends[i]` is where the text of row i ends. Foreign bytes.
struct TextColumn {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> ends;

  void append(std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    ends.push_back(static_cast<uint32_t>(bytes.size()));
  }
  /// Valid until the next append.
  std::string_view at(size_t row) const {
    const size_t start = row == 0 ? 0 : ends[row - 1];
    return {reinterpret_cast<const char*>(bytes.data()) + start, ends[row] - start};
  }
  void truncate(size_t rows) {
    if (rows >= ends.size()) return;
    ends.resize(rows);
    bytes.resize(rows == 0 ? 0 : ends.back());
  }
};

#define NETTRACE_COLUMN(type, field, name) std::vector<type> field;
struct InetColumns {
#include "native/host/listing_inet.def"
  void append(const InetRow& row);
  void truncate(size_t rows);
};
/// As many rows as InetColumns has, or none where nobody asked.
struct MemoryColumns {
#include "native/host/listing_memory.def"
  void append(const MemoryRow& row);
  void truncate(size_t rows);
};
/// As many rows as InetColumns has, or none where nobody asked. `known` is 0 for a socket without tcp_info.
struct TcpInfoColumns {
#include "native/host/listing_tcp_info.def"
  void append(const TcpInfoRow& row);
  void truncate(size_t rows);
};
struct UnixColumns {
#include "native/host/listing_unix.def"
  TextColumn name;  ///< as in sockaddr_un: an abstract name begins with NUL, an unnamed socket has an empty one
  void append(const UnixRow& row, std::string_view name_bytes);
  UnixRow row(size_t place) const;
  void truncate(size_t rows);
};
struct PacketColumns {
#include "native/host/listing_packet.def"
  void append(const PacketRow& row);
  void truncate(size_t rows);
};
#undef NETTRACE_COLUMN

/// What is asked for.
struct SocketRequest {
  bool tcp = false;
  bool udp = false;
  bool udplite = false;
  bool raw = false;
  bool sctp = false;
  bool unix_sockets = false;
  bool packet = false;
  bool v4 = true;
  bool v6 = true;
  bool tcp_info = false;
  bool memory = false;      ///< sk_meminfo; `drops` comes with it
  bool congestion = false;  ///< the name of the congestion control
  bool references = false;  ///< reference counts of unix sockets, which only /proc/net/unix tells
  bool bound = false;       ///< TCP sockets too that are bound and neither listen nor are connected (Linux 6.8)
  /// Only sockets with something in a queue, listeners, and those that nobody has accepted; the others are counted.
  bool queued = false;
  /// With `queued`: also the TCP sockets of the caller's own namespace with one of these pairs of ports, sorted.
  std::vector<uint32_t> wanted;
  bool all_namespaces = false;
  bool netlink = true;  ///< false: /proc/net alone
};

/// What `SocketRequest::wanted` is made of.
constexpr uint32_t port_pair(uint16_t local, uint16_t remote) {
  return static_cast<uint32_t>(local) << 16 | remote;
}

enum class ListingSource : uint8_t { kNetlink, kProc, kNone };

/// How one kind of socket was read.
struct ListingPart {
  const char* table = "";  ///< `tcp`, `tcp6`, `unix`, `packet` ...
  ListingSource source = ListingSource::kNone;
  int number = 0;  ///< errno of what failed; of the netlink request where /proc was read instead
};

/// A network namespace whose sockets are listed. The caller's own is the first.
struct ListingNamespace {
  uint64_t inode = 0;
  uint32_t pid = 0;  ///< a process that lives in it; 0: only a name holds it
  std::string name;  ///< ip-netns(8); empty where it has none
  int number = 0;    ///< errno where it could not be entered
};

/// All that was read.
struct SocketListing {
  InetColumns inet;
  MemoryColumns memory;
  TcpInfoColumns tcp_info;
  UnixColumns unix_sockets;
  PacketColumns packet;
  std::vector<std::string> congestion;  ///< InetRow::congestion - 1 is a place in this list; 0: not known
  std::vector<ListingPart> parts;       ///< of the caller's own namespace
  std::vector<ListingNamespace> namespaces;
  int64_t cost_ns = 0;  ///< CPU time of the threads that read
  uint32_t looked = 0;  ///< where only queued sockets are listed: internet and unix sockets that were looked at
};

}  // namespace nettrace
