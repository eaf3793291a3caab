#include "native/meter/socket_owners.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace nettrace {

size_t SocketOwners::KeyHash::operator()(const FiveTuple& tuple) const noexcept {
  // The keys are tuples of local sockets, not of packets: nobody outside chooses many of them.
  uint64_t words[4];
  std::memcpy(words, tuple.local.address.bytes.data(), 16);
  std::memcpy(words + 2, tuple.remote.address.bytes.data(), 16);
  uint64_t state = uint64_t{tuple.local.port} << 32 | uint64_t{tuple.remote.port} << 8 | tuple.protocol;
  for (const uint64_t word : words) state = (state ^ word) * 0x9e3779b97f4a7c15ULL ^ state >> 29;
  return state ^ state >> 32;
}

void SocketOwners::own(const MeteredSocket& socket, const MeteredProcess& owner, int64_t time_ns) {
  if (socket.family == 0) return;  // no packet yet: no tuple
  if (socket.datagram_tuple) return note_datagram(socket, owner, time_ns);
  const auto open = open_.find(socket.cookie);
  if (open != open_.end() && open->second != socket.tuple) {
    linger(socket.cookie, open->second, time_ns);
    open_.erase(open);
  }
  open_.insert_or_assign(socket.cookie, socket.tuple);
  auto& sockets = by_tuple_[socket.tuple];
  auto known = std::ranges::find_if(
      sockets, [&](const SocketOwner& one) { return one.cookie == socket.cookie && one.closed_ns == 0; });
  if (known == sockets.end()) known = sockets.insert(sockets.end(), SocketOwner{});
  const int64_t since = known->cookie == socket.cookie ? known->since_ns : time_ns;
  *known = {socket.cookie, owner.key, socket.netns, owner.kernel, since, 0};
}

/// The tuple of one packet is not the socket's: it is remembered as something that was.
void SocketOwners::note_datagram(const MeteredSocket& socket, const MeteredProcess& owner, int64_t time_ns) {
  auto& sockets = by_tuple_[socket.tuple];
  std::erase_if(sockets, [&](const SocketOwner& one) { return one.cookie == socket.cookie; });
  sockets.push_back({socket.cookie, owner.key, socket.netns, owner.kernel, time_ns, 0});
  linger(socket.cookie, socket.tuple, time_ns);
}

void SocketOwners::close(const MeteredSocket& socket, int64_t time_ns) {
  const auto open = open_.find(socket.cookie);
  if (open == open_.end()) return;
  linger(socket.cookie, open->second, time_ns);
  open_.erase(open);
}

void SocketOwners::linger(uint64_t cookie, const FiveTuple& tuple, int64_t time_ns) {
  const auto found = by_tuple_.find(tuple);
  if (found == by_tuple_.end()) return;
  for (SocketOwner& one : found->second) {
    if (one.cookie == cookie && one.closed_ns == 0) one.closed_ns = time_ns;
  }
  lingering_.push_back({time_ns + kLinger, cookie, tuple});
  while (lingering_.size() > kMostLingering) {
    forget(lingering_.front().cookie, lingering_.front().tuple);
    lingering_.pop_front();
  }
}

void SocketOwners::forget(uint64_t cookie, const FiveTuple& tuple) {
  const auto found = by_tuple_.find(tuple);
  if (found == by_tuple_.end()) return;
  std::erase_if(found->second, [&](const SocketOwner& one) { return one.cookie == cookie && one.closed_ns != 0; });
  if (found->second.empty()) by_tuple_.erase(found);
}

void SocketOwners::expire(int64_t now_ns) {
  while (!lingering_.empty() && lingering_.front().until_ns <= now_ns) {
    forget(lingering_.front().cookie, lingering_.front().tuple);
    lingering_.pop_front();
  }
}

int64_t SocketOwners::since(const MeteredSocket& socket) const {
  const auto found = by_tuple_.find(socket.tuple);
  if (found == by_tuple_.end()) return 0;
  for (const SocketOwner& one : found->second) {
    if (one.cookie == socket.cookie) return one.since_ns;
  }
  return 0;
}

OwnerAnswer SocketOwners::find(uint32_t netns, const FiveTuple& tuple, std::optional<FlowBegin> begin) const {
  if (begin && tuple.protocol == IPPROTO_TCP) {
    if (const SocketOwner* owner = of_connection(netns, tuple, *begin)) {
      return {OwnerAnswer::Kind::kOne, *owner, true};
    }
  }
  return look(Where::kIn, netns, tuple);
}

/// A socket that connects is there before its first packet, an accepted one soon after: of several that had this tuple,
/// the one whose beginning fits.
const SocketOwner* SocketOwners::of_connection(uint32_t netns, const FiveTuple& tuple, const FlowBegin& begin) const {
  constexpr int64_t kClocksApart = 1'000'000;  // the packet's time stamp and the record are of two clocks
  const auto found = by_tuple_.find(tuple);
  if (found == by_tuple_.end() || found->second.size() < 2) return nullptr;
  const SocketOwner* best = nullptr;
  for (const SocketOwner& one : found->second) {
    if (one.netns != netns) continue;
    const int64_t after = one.since_ns - begin.time_ns;
    if (begin.from_remote ? after < -kClocksApart : after > kClocksApart) continue;
    const bool nearer =
        best == nullptr || (begin.from_remote ? one.since_ns < best->since_ns : one.since_ns > best->since_ns);
    if (nearer) best = &one;
  }
  return best;
}

OwnerAnswer SocketOwners::find_elsewhere(uint32_t netns, const FiveTuple& tuple) const {
  return look(Where::kNotIn, netns, tuple);
}

OwnerAnswer SocketOwners::look(Where where, uint32_t netns, const FiveTuple& tuple, Bound how) const {
  OwnerAnswer answer = look_under(where, netns, tuple);
  answer.connected = answer.kind != OwnerAnswer::Kind::kNobody;
  if (answer.connected) return answer;
  FiveTuple bound = tuple;
  bound.remote = {};
  const IpAddress none = bound.remote.address;  // `::`, as of an IPv6 socket that takes IPv4 too
  for (const IpAddress& unset : {none, IpAddress::v4(0)}) {
    bound.remote.address = unset;
    for (const IpAddress& local : {tuple.local.address, IpAddress::v4(0), none}) {
      if (how == Bound::kToAddress && local != tuple.local.address) break;
      bound.local.address = local;
      answer = look_under(where, netns, bound);
      if (answer.kind != OwnerAnswer::Kind::kNobody) return answer;
    }
  }
  return answer;
}

OwnerAnswer SocketOwners::look_under(Where where, uint32_t netns, const FiveTuple& key) const {
  OwnerAnswer answer;
  const auto found = by_tuple_.find(key);
  if (found == by_tuple_.end()) return answer;
  for (const SocketOwner& one : found->second) {
    if ((one.netns == netns) != (where == Where::kIn)) continue;
    const bool open = one.closed_ns == 0;
    const bool has_open = answer.kind != OwnerAnswer::Kind::kNobody && answer.owner.closed_ns == 0;
    if (has_open && !open) continue;
    if (has_open && (one.process != answer.owner.process || one.kernel != answer.owner.kernel)) {
      answer.kind = OwnerAnswer::Kind::kSeveral;
      return answer;
    }
    const bool later = answer.kind == OwnerAnswer::Kind::kNobody || open || one.closed_ns > answer.owner.closed_ns;
    if (!later) continue;
    answer.kind = OwnerAnswer::Kind::kOne;
    answer.owner = one;
  }
  return answer;
}

}  // namespace nettrace
