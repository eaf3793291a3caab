#include "native/host/route_lookup.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "native/base/clock.h"

namespace nettrace {
namespace {

constexpr int64_t kTrusted = 10 * kNanosPerSecond;
constexpr size_t kMostKnown = 4096;

std::span<const uint8_t> bytes_of(const IpAddress& address) noexcept {
  const std::span<const uint8_t> all(address.bytes);
  return address.is_v4() ? all.last(4) : all;
}

}  // namespace

Result<RouteLookup> RouteLookup::open() {
  auto socket = NetlinkSocket::open({.protocol = NETLINK_ROUTE, .timeout_ms = 500});
  if (!socket) return std::move(socket.error());
  return RouteLookup(std::move(socket).value());
}

uint32_t RouteLookup::interface_of(const IpAddress& local, const IpAddress& remote, int64_t now_ns) {
  if (now_ns - known_since_ns_ > kTrusted || known_.size() >= kMostKnown) {
    known_.clear();
    known_since_ns_ = now_ns;
  }
  const auto [entry, fresh] = known_.try_emplace({local, remote}, 0);
  if (fresh) entry->second = ask(local, remote);
  return entry->second;
}

uint32_t RouteLookup::ask(const IpAddress& local, const IpAddress& remote) {
  const bool v4 = local.is_v4() && remote.is_v4();
  rtmsg body{};
  body.rtm_family = v4 ? AF_INET : AF_INET6;
  body.rtm_dst_len = body.rtm_src_len = v4 ? 32 : 128;
  NetlinkRequest request(RTM_GETROUTE, 0, body);
  request.attribute(RTA_DST, bytes_of(remote));
  request.attribute(RTA_SRC, bytes_of(local));
  uint32_t index = 0;
  const auto reply = socket_.exchange(request, [&](const NetlinkMessage& message) {
    if (message.header.nlmsg_type != RTM_NEWROUTE) return;
    NetlinkAttributes attributes = message.attributes(sizeof(rtmsg));
    while (const auto attribute = attributes.next()) {
      if (attribute->type == RTA_OIF) index = attribute->value<uint32_t>().value_or(0);
    }
  });
  return reply ? index : 0;
}

}  // namespace nettrace
