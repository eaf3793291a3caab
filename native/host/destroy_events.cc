#include "native/host/destroy_events.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include "native/host/diag_message.h"

namespace nettrace {
namespace {

/// 380 bytes for each event, accounted as 768 by the kernel.
constexpr int kReceiveBuffer = 32 * 1024 * 1024;

constexpr uint32_t group_bit(uint32_t group) noexcept {
  return 1u << (group - 1);
}
constexpr uint32_t kGroups = group_bit(SKNLGRP_INET_TCP_DESTROY) | group_bit(SKNLGRP_INET_UDP_DESTROY) |
                             group_bit(SKNLGRP_INET6_TCP_DESTROY) | group_bit(SKNLGRP_INET6_UDP_DESTROY);

}  // namespace

std::optional<DestroyedSocket> parse_destroyed_socket(const NetlinkMessage& message) noexcept {
  DestroyedSocket destroyed;
  uint8_t protocol = 0;
  NetlinkAttributes attributes = message.attributes(sizeof(inet_diag_msg));
  while (const auto attribute = attributes.next()) {
    if (attribute->type == INET_DIAG_PROTOCOL) protocol = attribute->value<uint8_t>().value_or(0);
    if (attribute->type == INET_DIAG_INFO) destroyed.counts = read_stream_counts(attribute->payload);
  }
  const auto socket = parse_diag_socket(message, protocol);
  if (!socket || protocol == 0) return std::nullopt;
  destroyed.socket = *socket;
  if (protocol != IPPROTO_TCP) destroyed.counts.reset();
  return destroyed;
}

Result<DestroyEvents> DestroyEvents::open() {
  auto socket =
      NetlinkSocket::open({.protocol = NETLINK_SOCK_DIAG, .groups = kGroups, .receive_buffer = kReceiveBuffer});
  if (!socket) return socket.error();
  return DestroyEvents(std::move(socket).value());
}

Result<void> DestroyEvents::read(std::vector<DestroyedSocket>& destroyed) {
  const auto events = socket_.events([&](const NetlinkMessage& message) {
    if (const auto one = parse_destroyed_socket(message)) destroyed.push_back(*one);
  });
  if (!events) return events.error();
  if (events.value().overrun) ++overruns_;
  return {};
}

}  // namespace nettrace
