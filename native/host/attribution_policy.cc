#include "native/host/attribution_policy.h"

#include <netinet/in.h>

#include <algorithm>

#include "native/flow/kernel_traffic.h"

namespace nettrace {
namespace {

using Next = Decision::Next;

Decision verdict(Reason reason) {
  Decision decision;
  decision.reason = reason;
  return decision;
}

Decision list(TableScope scope) {
  Decision decision;
  decision.next = Next::kTable;
  decision.scope = scope;
  return decision;
}

Decision find_holders(std::vector<Candidate> sockets, MatchQuality quality) {
  Decision decision;
  decision.next = Next::kHolders;
  decision.quality = quality;
  decision.sockets = std::move(sockets);
  return decision;
}

Reason no_socket(const AttributionRequest& request) {
  return request.initiator == Initiator::kRemote ? Reason::kClosedPort : Reason::kClosedBeforeSeen;
}

std::vector<Candidate> candidates(std::span<const SocketRecord* const> records, std::span<const Candidate> known = {}) {
  std::vector<Candidate> sockets(known.begin(), known.end());
  for (const SocketRecord* record : records) {
    const auto same = [&](const Candidate& socket) { return socket.inode == record->inode; };
    if (record->inode != 0 && std::none_of(sockets.begin(), sockets.end(), same)) {
      sockets.push_back({record->inode, record->uid});
    }
  }
  return sockets;
}

bool is_echo(const AttributionRequest& request) noexcept {
  const bool v6 = request.tuple.protocol == IPPROTO_ICMPV6;
  return v6 ? request.icmp_type == 128 || request.icmp_type == 129 : request.icmp_type == 8 || request.icmp_type == 0;
}

/// ICMP: errors are RFC 792 and RFC 4443; neighbour discovery RFC 4861; multicast listeners RFC 2710 and RFC 3810.
Decision plan_icmp(const AttributionRequest& request) {
  const uint8_t type = request.icmp_type;
  if (request.tuple.protocol == IPPROTO_ICMPV6) {
    if ((type >= 130 && type <= 137) || type == 143) return verdict(Reason::kNeighbour);
    if (type < 128) return verdict(Reason::kIcmp);
  } else if (type == 3 || type == 4 || type == 5 || type == 11 || type == 12) {
    return verdict(Reason::kIcmp);
  }
  if (request.initiator == Initiator::kRemote) return verdict(Reason::kIcmp);
  return list(TableScope::kRaw);
}

/// What a tunnel sends has a source port of its inner flow's, at which there is no socket.
bool may_be_tunnel(const AttributionRequest& request) noexcept {
  return request.tuple.protocol == IPPROTO_UDP && request.initiator == Initiator::kLocal &&
         socketless_tunnel(request.tuple.remote.port).has_value();
}

/// No socket at the local port. A tunnel's own socket receives at the very port that its packets are sent to.
Reason without_socket(const AttributionRequest& request, const SocketTable& table) {
  if (!may_be_tunnel(request)) return no_socket(request);
  std::vector<const SocketRecord*> found;
  table.bound({request.tuple.local.address, request.tuple.remote.port}, request.interface_index, found);
  const auto of_root = [](const SocketRecord* record) { return record->uid == 0; };
  if (std::none_of(found.begin(), found.end(), of_root)) return no_socket(request);
  return *socketless_tunnel(request.tuple.remote.port);
}

/// A connection that no process has as a file: on its way to one, or on its way out.
Decision judge_fileless(const AttributionRequest& request, SocketState state) {
  using enum SocketState;
  const bool arriving =
      state == kSynReceived || state == kNewSynReceived || state == kEstablished || state == kCloseWait;
  if (!arriving && request.initiator == Initiator::kLocal) {
    Decision decision = verdict(Reason::kClosedBeforeSeen);
    decision.tail = true;
    return decision;
  }
  Decision decision = list(TableScope::kListeners);
  decision.listener = true;
  decision.retry = arriving;
  decision.tail = !arriving;
  return decision;
}

Decision judge_stream(const AttributionRequest& request, const SocketRecord& socket) {
  if (socket.listening() && !socket.connected()) {
    // The kernel falls back to the listener of the port: there is no connection with this tuple (any more).
    if (request.initiator == Initiator::kLocal) return verdict(Reason::kClosedBeforeSeen);
    Decision decision = find_holders({{socket.inode, socket.uid}}, MatchQuality::kListener);
    decision.listener = decision.retry = true;
    return decision;
  }
  if (socket.inode == 0) return judge_fileless(request, socket.state);
  return find_holders({{socket.inode, socket.uid}}, MatchQuality::kExact);
}

Decision judge_listeners(const AttributionRequest& request, const SocketTable& table) {
  std::vector<const SocketRecord*> found;
  table.best_bound(request.tuple.local, request.interface_index, found);
  auto sockets = candidates(found);
  if (sockets.empty()) return verdict(no_socket(request));
  if (request.initiator == Initiator::kLocal) return verdict(Reason::kClosedBeforeSeen);
  Decision decision = find_holders(std::move(sockets), MatchQuality::kListener);
  decision.listener = decision.retry = true;
  return decision;
}

Decision judge_datagrams(const AttributionRequest& request, const SocketTable& table,
                         std::span<const Candidate> known) {
  const FiveTuple& tuple = request.tuple;
  std::vector<const SocketRecord*> found;
  if (to_group(request)) {
    table.bound(tuple.local, request.interface_index, found);
    auto sockets = candidates(found);
    return sockets.empty() ? verdict(Reason::kMulticast) : find_holders(std::move(sockets), MatchQuality::kRelaxed);
  }
  if (const SocketRecord* one = table.connected(tuple.local, tuple.remote, request.interface_index)) {
    if (one->inode != 0) return find_holders({{one->inode, one->uid}}, MatchQuality::kExact);
  }
  // What arrives goes to the socket that the kernel prefers; what leaves may come from any that shares the port.
  if (request.initiator == Initiator::kRemote) {
    table.best_bound(tuple.local, request.interface_index, found);
  } else {
    table.bound(tuple.local, request.interface_index, found);
  }
  auto sockets = candidates(found, known);
  if (sockets.empty()) return verdict(without_socket(request, table));
  return find_holders(std::move(sockets), MatchQuality::kWildcard);
}

/// SCTP has several addresses at each end: the ports and one address have to fit.
const SocketRecord* multihomed(const SocketTable& table, const FiveTuple& tuple) {
  for (const SocketRecord& record : table.records()) {
    const bool ports = record.local.port == tuple.local.port && record.remote.port == tuple.remote.port;
    if (ports && (record.local.address == tuple.local.address || record.remote.address == tuple.remote.address)) {
      return &record;
    }
  }
  return nullptr;
}

Decision judge_connections(const AttributionRequest& request, const SocketTable& table) {
  const FiveTuple& tuple = request.tuple;
  const SocketRecord* one = table.connected(tuple.local, tuple.remote, request.interface_index);
  if (one == nullptr && tuple.protocol == IPPROTO_SCTP) one = multihomed(table, tuple);
  if (one != nullptr) return judge_stream(request, *one);
  if (tuple.protocol == IPPROTO_TCP) {
    Decision decision = list(TableScope::kListeners);
    decision.listener = true;
    return decision;
  }
  return judge_listeners(request, table);
}

Decision judge_raw(const AttributionRequest& request, const SocketTable& table) {
  const FiveTuple& tuple = request.tuple;
  const bool icmp = tuple.protocol == IPPROTO_ICMP || tuple.protocol == IPPROTO_ICMPV6;
  std::vector<const SocketRecord*> found;
  if (icmp && is_echo(request)) table.ping(tuple.protocol, tuple.local, found);
  if (!found.empty()) return find_holders(candidates(found), MatchQuality::kExact);
  table.raw(tuple.protocol, tuple.local.address, request.interface_index, found);
  // An IPPROTO_RAW socket writes its own IP header, with any protocol in it (raw(7)); it receives nothing.
  if (found.empty() && request.initiator == Initiator::kLocal) {
    table.raw(IPPROTO_RAW, tuple.local.address, request.interface_index, found);
  }
  auto sockets = candidates(found);
  if (!sockets.empty()) return find_holders(std::move(sockets), MatchQuality::kRelaxed);
  if (icmp) {
    return verdict(request.initiator == Initiator::kLocal ? Reason::kClosedBeforeSeen : Reason::kIcmp);
  }
  return verdict(kernel_protocol(tuple.protocol).value_or(no_socket(request)));
}

}  // namespace

bool to_group(const AttributionRequest& request) noexcept {
  const IpAddress& address = request.tuple.local.address;
  return request.to_group || address.is_multicast() || (address.is_v4() && address.v4_value() == INADDR_BROADCAST);
}

TableScope table_instead_of_lookup(uint8_t protocol) noexcept {
  return protocol == IPPROTO_TCP ? TableScope::kStreams : TableScope::kUdp;
}

Decision plan_question(const AttributionRequest& request, bool exact) {
  Decision lookup;
  lookup.next = Next::kExact;
  switch (request.tuple.protocol) {
    case IPPROTO_TCP:
      return exact ? lookup : list(TableScope::kStreams);
    case IPPROTO_UDP:
      return exact && !to_group(request) ? lookup : list(TableScope::kUdp);
    case IPPROTO_UDPLITE:
      return list(TableScope::kUdpLite);
    case IPPROTO_SCTP:
      return list(TableScope::kSctp);
    case IPPROTO_DCCP:
      return list(TableScope::kDccp);
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return plan_icmp(request);
    case IPPROTO_IGMP:
      return verdict(Reason::kIgmp);
    default:
      return list(TableScope::kRaw);
  }
}

Decision judge_answer(const AttributionRequest& request, const SocketAnswer& answer) {
  if (answer.status == LookupStatus::kFailed) {
    Decision decision = verdict(Reason::kLookupUnavailable);
    decision.retry = true;
    return decision;
  }
  if (answer.status == LookupStatus::kNone) {
    return may_be_tunnel(request) ? list(TableScope::kUdp) : verdict(no_socket(request));
  }
  const SocketRecord& socket = answer.socket;
  if (request.tuple.protocol == IPPROTO_TCP) return judge_stream(request, socket);
  if (socket.inode == 0) return verdict(no_socket(request));  // being closed
  std::vector<Candidate> sockets{{socket.inode, socket.uid}};
  if (socket.connected()) return find_holders(std::move(sockets), MatchQuality::kExact);
  // The kernel's choice is who receives. Who sends is sure only if no other socket shares the port.
  if (request.initiator == Initiator::kRemote) return find_holders(std::move(sockets), MatchQuality::kWildcard);
  Decision decision = list(TableScope::kUdp);
  decision.sockets = std::move(sockets);
  return decision;
}

Decision judge_table(const AttributionRequest& request, TableScope scope, const SocketTable& table,
                     std::span<const Candidate> known) {
  switch (scope) {
    case TableScope::kListeners:
      return judge_listeners(request, table);
    case TableScope::kStreams:
    case TableScope::kSctp:
    case TableScope::kDccp:
      return judge_connections(request, table);
    case TableScope::kUdp:
    case TableScope::kUdpLite:
      return judge_datagrams(request, table, known);
    case TableScope::kRaw:
      return judge_raw(request, table);
  }
  return verdict(Reason::kLookupUnavailable);
}

HolderFinding judge_holders(std::span<const HolderAnswer* const> answers) {
  HolderFinding finding;
  finding.complete = finding.all_visible = true;
  const Holder* first = nullptr;
  for (const HolderAnswer* answer : answers) {
    finding.complete = finding.complete && answer != nullptr && answer->complete;
    finding.all_visible = finding.all_visible && answer != nullptr && answer->all_visible;
    if (answer == nullptr) continue;
    for (const Holder& holder : answer->holders) {
      if (first == nullptr) first = &holder;
      if (holder.process != first->process) finding.kind = HolderFinding::Kind::kSeveral;
    }
  }
  if (finding.kind == HolderFinding::Kind::kSeveral) return finding;
  if (first != nullptr) {
    finding.kind = HolderFinding::Kind::kOne;
    finding.holder = *first;
  } else if (finding.complete) {
    finding.kind = HolderFinding::Kind::kNobody;
  }
  return finding;
}

Reason reason_without_holder(std::span<const Candidate> sockets, bool all_visible) noexcept {
  // The kernel's own sockets belong to uid 0. One of another user is in flight between processes (SCM_RIGHTS), or
  // registered with an io_uring that has no descriptor for it.
  const bool root = std::all_of(sockets.begin(), sockets.end(), [](const Candidate& one) { return one.uid == 0; });
  return all_visible && root ? Reason::kKernelSocket : Reason::kHolderUnknown;
}

}  // namespace nettrace
