// Owns: lines of /proc/net/{tcp,udp,udplite,raw,icmp}{,6} and /proc/net/sctp/{assocs,eps} to SocketRecord. Pure.
// Knows nothing of: files. Any text is safe; a line that is not understood is no socket.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "native/host/socket_record.h"

namespace nettrace {

/// What the lines of a file are.
struct ProcNetFormat {
  enum class Layout : uint8_t { kInet, kSctpAssociations, kSctpEndpoints };
  Layout layout = Layout::kInet;
  SocketKind kind = SocketKind::kTransport;
  uint8_t protocol = 0;  ///< of all sockets in the file; raw files carry it in the column of the local port
  bool v6 = false;
};

/// Appends the sockets of one line; header lines and garbage append nothing. An SCTP association appends one record
/// for each pair of its first local address and a remote address (it has several paths).
void parse_proc_net_line(std::string_view line, const ProcNetFormat& format, std::vector<SocketRecord>& sockets);

/// Appends the sockets of the whole lines in `text`; gives how many bytes were consumed. The rest, a line without its
/// newline, is to be offered again with what follows; with `last` it is parsed as it stands.
size_t parse_proc_net(std::string_view text, const ProcNetFormat& format, bool last,
                      std::vector<SocketRecord>& sockets);

}  // namespace nettrace
