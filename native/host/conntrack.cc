#include "native/host/conntrack.h"

#include <linux/netlink.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "native/host/conntrack_message.h"

namespace nettrace {
namespace {

constexpr int kTimeoutMs = 200;
/// All of /proc/modules: some 60 bytes for each of at most a few hundred modules.
constexpr size_t kModuleList = 256 * 1024;

/// True where `list`, the text of /proc/modules, has a line that begins with this name.
bool lists_module(std::string_view list, std::string_view name) {
  for (size_t start = 0; start < list.size();) {
    const std::string_view line = list.substr(start, list.find('\n', start) - start);
    if (line.substr(0, name.size()) == name && line.substr(name.size(), 1) == " ") return true;
    start += line.size() + 1;
  }
  return false;
}

/// A request to a subsystem that is not there makes the kernel load its module (nfnetlink_rcv_msg in
/// net/netfilter/nfnetlink.c): a monitor does not change what it watches.
bool is_loaded(const ProcRoot& proc) {
  std::array<char, 32> count{};
  if (proc.read("sys/net/netfilter/nf_conntrack_count", count).error != 0) return false;
  std::string list(kModuleList, '\0');
  const std::string_view modules = proc.read("modules", list).text;
  // Where conntrack is part of the kernel its netlink interface is nearly always too, and in no list.
  return !lists_module(modules, "nf_conntrack") || lists_module(modules, "nf_conntrack_netlink");
}

/// Echo request or answer, RFC 792 and RFC 4443. `asks`: the packet goes from the one who began to the other.
uint8_t echo_type(uint8_t protocol, bool asks) noexcept {
  if (protocol == IPPROTO_ICMPV6) return asks ? 128 : 129;
  return asks ? 8 : 0;
}

}  // namespace

Result<Conntrack> Conntrack::open(const ProcRoot& proc) {
  if (!is_loaded(proc)) return Error{ErrorCode::kNetlinkFailed, "", EOPNOTSUPP, "conntrack", {}};
  auto socket = NetlinkSocket::open({.protocol = NETLINK_NETFILTER, .timeout_ms = kTimeoutMs});
  if (!socket) return socket.error();
  Conntrack conntrack(std::move(socket).value());
  // Whether the kernel answers us at all is known only when it was asked: 0.0.0.0 has no connection.
  FiveTuple nobody;
  nobody.protocol = IPPROTO_UDP;
  nobody.local.address = nobody.remote.address = IpAddress::v4(0);
  if (const auto asked = conntrack.look_up(nobody); !asked) {
    Error error = asked.error();
    if (error.number == EINVAL) error.number = EOPNOTSUPP;  // no such subsystem
    return error;
  }
  return conntrack;
}

Result<std::optional<Translation>> Conntrack::look_up(const FiveTuple& seen, NatSide side, Initiator initiator) {
  const std::optional<Translation> none;
  if (!conntrack_knows(seen.protocol)) return none;
  // Conntrack has both directions as they come in. What comes in from outside is what the far end sends; what comes in
  // from inside is what the process sends.
  const bool outside = side == NatSide::kOutside;
  const bool near_began = initiator != Initiator::kRemote;
  ConntrackTuple incoming;
  incoming.source = outside ? seen.remote : seen.local;
  incoming.destination = outside ? seen.local : seen.remote;
  incoming.protocol = seen.protocol;
  if (seen.protocol == IPPROTO_ICMP || seen.protocol == IPPROTO_ICMPV6) {
    incoming.source.port = incoming.destination.port = seen.local.port;
    incoming.icmp_type = echo_type(seen.protocol, near_began != outside);
  }

  NetlinkRequest request = conntrack_get_request(incoming);
  std::optional<ConntrackEntry> entry;
  const auto reply =
      socket_.exchange(request, [&](const NetlinkMessage& message) { entry = parse_conntrack_entry(message); });
  if (!reply && reply.error().number == ENOENT) return none;
  if (!reply) return reply.error();
  if (!entry) return none;

  const bool is_original = entry->original == incoming;
  if (!is_original && entry->reply != incoming) return none;  // of another zone or a damaged answer
  const ConntrackTuple& other = is_original ? entry->reply : entry->original;
  if (other.source == incoming.destination && other.destination == incoming.source) return none;
  Translation translation;
  translation.begun_inside = is_original != outside;
  translation.tuple = {outside ? other.source : other.destination, outside ? other.destination : other.source,
                       seen.protocol};
  return std::optional(translation);
}

}  // namespace nettrace
