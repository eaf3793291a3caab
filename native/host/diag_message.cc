#include "native/host/diag_message.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace nettrace {
namespace {

void put_address(const IpAddress& address, bool v4, __be32 (&target)[4]) noexcept {
  if (v4) {
    std::memcpy(&target[0], &address.bytes[12], 4);
  } else {
    std::memcpy(&target[0], address.bytes.data(), 16);
  }
}

IpAddress get_address(const __be32 (&source)[4], bool v4) noexcept {
  return v4 ? IpAddress::v4_bytes(&source[0]) : IpAddress::v6_bytes(&source[0]);
}

DiagRequest make_request(uint16_t flags, uint32_t sequence) noexcept {
  DiagRequest request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
  request.header.nlmsg_seq = sequence;
  return request;
}

}  // namespace

DiagRequest diag_lookup_request(const SocketQuery& query, uint32_t sequence) noexcept {
  DiagRequest request = make_request(0, sequence);
  const bool v4 = query.local.address.is_v4() && query.remote.address.is_v4();
  inet_diag_req_v2& body = request.body;
  body.sdiag_family = v4 ? AF_INET : AF_INET6;
  body.sdiag_protocol = query.protocol;
  body.idiag_states = ~0u;
  const Endpoint* source = &query.local;
  const Endpoint* destination = &query.remote;
  if (query.protocol == IPPROTO_UDP || query.protocol == IPPROTO_UDPLITE) std::swap(source, destination);
  body.id.idiag_sport = __builtin_bswap16(source->port);
  body.id.idiag_dport = __builtin_bswap16(destination->port);
  put_address(source->address, v4, body.id.idiag_src);
  put_address(destination->address, v4, body.id.idiag_dst);
  body.id.idiag_if = query.interface;
  body.id.idiag_cookie[0] = body.id.idiag_cookie[1] = static_cast<uint32_t>(INET_DIAG_NOCOOKIE);
  return request;
}

DiagRequest diag_dump_request(uint8_t family, uint8_t protocol, uint32_t states, uint32_t sequence) noexcept {
  DiagRequest request = make_request(NLM_F_DUMP, sequence);
  request.body.sdiag_family = family;
  request.body.sdiag_protocol = protocol;
  request.body.idiag_states = states;
  return request;
}

std::optional<SocketRecord> parse_diag_socket(const NetlinkMessage& message, uint8_t protocol) noexcept {
  if (message.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || message.payload.size() < sizeof(inet_diag_msg)) {
    return std::nullopt;
  }
  const auto body = netlink_struct<inet_diag_msg>(message.payload);
  if (body.idiag_family != AF_INET && body.idiag_family != AF_INET6) return std::nullopt;
  const bool v4 = body.idiag_family == AF_INET;
  SocketRecord record;
  record.protocol = protocol;
  record.v6 = !v4;
  record.state = static_cast<SocketState>(body.idiag_state);
  record.local = {get_address(body.id.idiag_src, v4), __builtin_bswap16(body.id.idiag_sport)};
  record.remote = {get_address(body.id.idiag_dst, v4), __builtin_bswap16(body.id.idiag_dport)};
  record.cookie = uint64_t{body.id.idiag_cookie[1]} << 32 | body.id.idiag_cookie[0];
  record.inode = body.idiag_inode;
  record.uid = body.idiag_uid;
  record.interface = body.id.idiag_if;
  if (v4) return record;
  NetlinkAttributes attributes = message.attributes(sizeof(inet_diag_msg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == INET_DIAG_SKV6ONLY) record.v6_only = attribute->value<uint8_t>().value_or(0) != 0;
  }
  return record;
}

SocketAnswer parse_diag_answer(const NetlinkMessage& message, const SocketQuery& query) {
  SocketAnswer answer;
  if (message.header.nlmsg_type == NLMSG_ERROR) {
    // Read here and not by netlink_status: the kernel's sentence would cost an allocation per lookup.
    const int value = netlink_struct<int>(message.payload);
    const bool none = message.payload.size() >= sizeof value && value == -ENOENT;
    answer.status = none ? LookupStatus::kNone : LookupStatus::kFailed;
    answer.error = none ? 0 : value < 0 && value > -4096 ? -value : EBADMSG;
    return answer;
  }
  const auto socket = parse_diag_socket(message, query.protocol);
  if (!socket) {
    answer.error = EBADMSG;
    return answer;
  }
  answer.status = LookupStatus::kFound;
  answer.socket = *socket;
  return answer;
}

}  // namespace nettrace
