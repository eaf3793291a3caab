#include "native/host/conntrack_message.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <span>
#include <vector>

namespace nettrace {
namespace {

constexpr uint16_t kGet = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET;
constexpr uint16_t kNew = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW;

bool is_icmp(uint8_t protocol) noexcept {
  return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

void put(std::vector<uint8_t>& list, uint16_t type, std::span<const uint8_t> payload) {
  const nlattr header{static_cast<uint16_t>(sizeof header + payload.size()), type};
  const auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  list.insert(list.end(), bytes, bytes + sizeof header);
  list.insert(list.end(), payload.begin(), payload.end());
  list.resize(netlink_align(list.size()));
}

template <typename T>
void put_value(std::vector<uint8_t>& list, uint16_t type, T value) {
  put(list, type, std::span(reinterpret_cast<const uint8_t*>(&value), sizeof value));
}

void put_address(std::vector<uint8_t>& list, uint16_t type, const IpAddress& address, bool v4) {
  put(list, type, std::span(address.bytes).subspan(v4 ? 12 : 0));
}

std::vector<uint8_t> addresses_of(const ConntrackTuple& tuple, bool v4) {
  std::vector<uint8_t> list;
  put_address(list, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, tuple.source.address, v4);
  put_address(list, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, tuple.destination.address, v4);
  return list;
}

std::vector<uint8_t> protocol_of(const ConntrackTuple& tuple) {
  std::vector<uint8_t> list;
  put_value(list, CTA_PROTO_NUM, tuple.protocol);
  if (is_icmp(tuple.protocol)) {
    const bool v4 = tuple.protocol == IPPROTO_ICMP;
    put_value(list, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID, __builtin_bswap16(tuple.source.port));
    put_value(list, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE, tuple.icmp_type);
    put_value(list, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE, uint8_t{0});
  } else {
    put_value(list, CTA_PROTO_SRC_PORT, __builtin_bswap16(tuple.source.port));
    put_value(list, CTA_PROTO_DST_PORT, __builtin_bswap16(tuple.destination.port));
  }
  return list;
}

void read_addresses(Bytes payload, ConntrackTuple& tuple) {
  NetlinkAttributes attributes(payload);
  while (const auto attribute = attributes.next()) {
    const Bytes& value = attribute->payload;
    const bool v4 = attribute->type == CTA_IP_V4_SRC || attribute->type == CTA_IP_V4_DST;
    const bool source = attribute->type == CTA_IP_V4_SRC || attribute->type == CTA_IP_V6_SRC;
    std::array<uint8_t, 16> bytes{};
    if (attribute->type > CTA_IP_V6_DST || !value.copy(0, bytes.data(), v4 ? 4 : 16)) continue;
    const IpAddress address = v4 ? IpAddress::v4_bytes(bytes.data()) : IpAddress::v6_bytes(bytes.data());
    (source ? tuple.source : tuple.destination).address = address;
  }
}

void read_protocol(Bytes payload, ConntrackTuple& tuple) {
  NetlinkAttributes attributes(payload);
  while (const auto attribute = attributes.next()) {
    const Bytes& value = attribute->payload;
    switch (attribute->type) {
      case CTA_PROTO_NUM:
        tuple.protocol = attribute->value<uint8_t>().value_or(0);
        break;
      case CTA_PROTO_SRC_PORT:
        if (value.has(0, 2)) tuple.source.port = value.u16(0);
        break;
      case CTA_PROTO_DST_PORT:
        if (value.has(0, 2)) tuple.destination.port = value.u16(0);
        break;
      case CTA_PROTO_ICMP_ID:
      case CTA_PROTO_ICMPV6_ID:
        if (value.has(0, 2)) tuple.source.port = tuple.destination.port = value.u16(0);
        break;
      case CTA_PROTO_ICMP_TYPE:
      case CTA_PROTO_ICMPV6_TYPE:
        tuple.icmp_type = attribute->value<uint8_t>().value_or(0);
        break;
      default:
        break;
    }
  }
}

ConntrackTuple read_tuple(Bytes payload) {
  ConntrackTuple tuple;
  NetlinkAttributes attributes(payload);
  while (const auto attribute = attributes.next()) {
    if (attribute->type == CTA_TUPLE_IP) read_addresses(attribute->payload, tuple);
    if (attribute->type == CTA_TUPLE_PROTO) read_protocol(attribute->payload, tuple);
  }
  return tuple;
}

}  // namespace

bool conntrack_knows(uint8_t protocol) noexcept {
  switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return true;
    default:
      return false;
  }
}

NetlinkRequest conntrack_get_request(const ConntrackTuple& tuple) {
  const bool v4 = tuple.source.address.is_v4() && tuple.destination.address.is_v4();
  std::vector<uint8_t> nested;
  put(nested, CTA_TUPLE_IP | NLA_F_NESTED, addresses_of(tuple, v4));
  put(nested, CTA_TUPLE_PROTO | NLA_F_NESTED, protocol_of(tuple));
  nfgenmsg header{};
  header.nfgen_family = v4 ? AF_INET : AF_INET6;
  header.version = NFNETLINK_V0;
  // The answer is marked as a part of several (ctnetlink_fill_info), of which none is the last: the ACK is.
  NetlinkRequest request(kGet, NLM_F_ACK, header);
  request.attribute(CTA_TUPLE_ORIG | NLA_F_NESTED, nested);
  return request;
}

std::optional<ConntrackEntry> parse_conntrack_entry(const NetlinkMessage& message) {
  if (message.header.nlmsg_type != kNew) return std::nullopt;
  ConntrackEntry entry;
  NetlinkAttributes attributes = message.attributes(sizeof(nfgenmsg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == CTA_TUPLE_ORIG) entry.original = read_tuple(attribute->payload);
    if (attribute->type == CTA_TUPLE_REPLY) entry.reply = read_tuple(attribute->payload);
  }
  if (entry.original.protocol == 0 || entry.reply.protocol == 0) return std::nullopt;
  return entry;
}

}  // namespace nettrace
