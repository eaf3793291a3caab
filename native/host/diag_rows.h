// Owns: the wire format of sock_diag(7) dumps of every family: requests, and answers to rows of a SocketListing. Pure.
// Knows nothing of: sockets and time. Any answer bytes are safe.
#pragma once

#include <linux/inet_diag.h>
#include <linux/packet_diag.h>
#include <linux/unix_diag.h>

#include "native/base/netlink_message.h"
#include "native/host/socket_listing.h"

namespace nettrace {

/// Asks for all sockets of a family (AF_INET, AF_INET6) and protocol (IPPROTO_, kRawProtocol).
inet_diag_req_v2 inet_dump_request(uint8_t family, uint8_t protocol, const SocketRequest& request) noexcept;
unix_diag_req unix_dump_request(const SocketRequest& request) noexcept;
packet_diag_req packet_dump_request() noexcept;

/// Whether a socket belongs in a listing of queued ones. `state` as TCP numbers it; an inode of 0: nobody accepted it.
bool is_queued(uint8_t state, uint32_t receive_queue, uint32_t send_queue, uint32_t inode) noexcept;

/// Whether `request` wants a socket that is not queued all the same.
bool is_wanted(const SocketRequest& request, uint8_t protocol, uint16_t netns, uint16_t local_port,
               uint16_t remote_port) noexcept;

/// Appends the socket of one message; false where it is none. `protocol` as it was asked for.
bool append_inet_socket(const NetlinkMessage& message, uint8_t protocol, uint16_t netns, const SocketRequest& request,
                        SocketListing& listing);
bool append_unix_socket(const NetlinkMessage& message, uint16_t netns, const SocketRequest& request,
                        SocketListing& listing);
bool append_packet_socket(const NetlinkMessage& message, uint16_t netns, PacketColumns& sockets);

}  // namespace nettrace
