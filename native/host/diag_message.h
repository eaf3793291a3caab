// Owns: the wire format of sock_diag(7) for internet sockets: request bytes, answer bytes to SocketRecord. Pure.
// Knows nothing of: sockets and time. Any answer bytes are safe.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>

#include <cstdint>
#include <optional>

#include "native/base/netlink_message.h"
#include "native/host/socket_record.h"

namespace nettrace {

/// A request for sockets, ready to be sent.
struct DiagRequest {
  nlmsghdr header{};
  inet_diag_req_v2 body{};
};
static_assert(sizeof(DiagRequest) == 72);

/// Asks for the one socket that the kernel itself would choose for this tuple (no NLM_F_DUMP). For UDP source and
/// destination stand swapped, "for historical reasons" (udp_dump_one in net/ipv4/udp_diag.c).
DiagRequest diag_lookup_request(const SocketQuery& query, uint32_t sequence) noexcept;

/// Asks for all sockets of a family (AF_INET, AF_INET6) and protocol in one of `states`.
DiagRequest diag_dump_request(uint8_t family, uint8_t protocol, uint32_t states, uint32_t sequence) noexcept;

/// The socket that a SOCK_DIAG_BY_FAMILY message tells of; nothing where it is too short or of another family.
std::optional<SocketRecord> parse_diag_socket(const NetlinkMessage& message, uint8_t protocol) noexcept;

/// The answer to an exact lookup: a socket, ENOENT as kNone, or another errno.
SocketAnswer parse_diag_answer(const NetlinkMessage& message, const SocketQuery& query);

}  // namespace nettrace
