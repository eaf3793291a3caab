// Owns: lines of /proc/net/{tcp,udp,udplite,raw,unix,packet}{,6} to rows of a SocketListing. Pure.
// Knows nothing of: files. Any text is safe; a line that is not understood is no socket.
#pragma once

#include <optional>
#include <string_view>

#include "native/host/socket_listing.h"

namespace nettrace {

/// `sl local remote st tx:rx tr:when retrnsmt uid timeout inode ref pointer [drops]` (net/ipv4/tcp_ipv4.c, udp.c,
/// raw.c). Times are in clock ticks of 10 ms.
std::optional<InetRow> parse_inet_row(std::string_view line, uint8_t protocol, uint8_t family);

/// `pointer: refs protocol flags type st inode [path]` (net/unix/af_unix.c). An abstract name stands behind an @, and
/// each NUL in it is an @ too. Appends nothing where the line is none.
bool append_unix_line(std::string_view line, uint16_t netns, UnixColumns& sockets);

/// `sk RefCnt Type Proto Iface R Rmem User Inode` (net/packet/af_packet.c).
std::optional<PacketRow> parse_packet_row(std::string_view line);

}  // namespace nettrace
