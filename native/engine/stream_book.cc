#include "native/engine/stream_book.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/host/attribution_policy.h"

namespace nettrace {
namespace {

/// A listing may miss a connection while others in its hash bucket come and go.
constexpr uint32_t kListingsMissed = 3;
/// After fork(2) one of the two mostly closes its copy soon.
constexpr int64_t kSharedPatience = kNanosPerSecond;
/// How often a connection without a holder that can be seen is asked for again, while it moves something.
constexpr int64_t kAskedAgain = 3 * kNanosPerSecond;

/// The process has closed it; the kernel still has something to send, or waits for the other end.
bool is_closing(SocketState state) noexcept {
  return state != SocketState::kEstablished && state != SocketState::kSynSent && state != SocketState::kCloseWait;
}

}  // namespace

StreamBook::Stream StreamBook::new_stream(const SocketRecord& socket, const StreamCounts& from) {
  Stream stream;
  stream.socket = socket;
  stream.inode = socket.inode;
  stream.interface = interface_of_(socket);
  stream.tally = StreamTally(from);
  return stream;
}

void StreamBook::begin(std::span<const StreamReading> streams) {
  ++listing_;
  for (const StreamReading& reading : streams) {
    const auto [entry, fresh] = streams_.try_emplace(reading.socket.cookie);
    if (fresh) entry->second = new_stream(reading.socket, reading.counts);
    entry->second.seen = listing_;
  }
}

void StreamBook::read(std::span<const StreamReading> streams) {
  ++listing_;
  for (const StreamReading& reading : streams) advance(reading);
  for (auto& [cookie, stream] : streams_) {
    if (listing_ - stream.seen >= kListingsMissed) stream.over = true;
  }
}

bool StreamBook::awaits_ends() const noexcept {
  return std::any_of(streams_.begin(), streams_.end(),
                     [&](const auto& entry) { return !entry.second.over && entry.second.seen != listing_; });
}

void StreamBook::advance(const StreamReading& reading) {
  const SocketRecord& socket = reading.socket;
  const auto [entry, fresh] = streams_.try_emplace(socket.cookie);
  Stream& stream = entry->second;
  if (fresh) stream = new_stream(socket, {});
  const bool same = stream.socket.local == socket.local && stream.socket.remote == socket.remote;
  if (!same || !stream.tally.advance(reading.counts, socket.local.address.is_v4())) {
    Stream next = new_stream(socket, {});
    next.epoch = stream.epoch + 1;
    replaced_.push_back(std::move(stream));
    replaced_.back().over = true;
    stream = std::move(next);
    stream.tally.advance(reading.counts, socket.local.address.is_v4());
  }
  stream.socket = socket;
  if (socket.inode != 0) stream.inode = socket.inode;
  stream.seen = listing_;
}

void StreamBook::end(const DestroyedSocket& destroyed) {
  if (!destroyed.counts) return;
  // No inode any more, and uid 0: neither says anything of its owner.
  SocketRecord socket = destroyed.socket;
  socket.inode = 0;
  if (const auto found = streams_.find(socket.cookie); found != streams_.end()) {
    socket.uid = found->second.socket.uid;
    // The local address of a socket that is gone may be, too.
    socket.local = found->second.socket.local;
    socket.remote = found->second.socket.remote;
  } else if (destroyed.counts->segments_sent + destroyed.counts->segments_received == 0) {
    return;  // it never was a connection
  }
  advance({socket, *destroyed.counts});
  streams_[socket.cookie].over = true;
}

void StreamBook::report(int64_t now_ns, MeterSink& sink) {
  for (Stream& stream : replaced_) finish(stream, now_ns, sink);
  replaced_.clear();
  questions_ = 0;
  for (auto& [cookie, stream] : streams_) {
    if (stream.over) {
      finish(stream, now_ns, sink);
    } else {
      settle(stream, now_ns, sink);
      if (stream.asking) ++questions_;
    }
  }
  std::erase_if(streams_, [](const auto& entry) { return entry.second.over; });
}

void StreamBook::settle(Stream& stream, int64_t now_ns, MeterSink& sink) {
  if (stream.asking) return judge(stream, now_ns, sink);
  if (stream.tally.lane() == stream.told) return;
  if (stream.known()) return look_again(stream, now_ns, sink);
  if (stream.inode != 0) {
    ask(stream, now_ns);
    return judge(stream, now_ns, sink);
  }
  // Else it waits in the queue of a listener, and has no holder yet.
  if (is_closing(stream.socket.state)) give(stream, {}, Reason::kClosedBeforeSeen, now_ns, sink);
}

void StreamBook::look_again(Stream& stream, int64_t now_ns, MeterSink& sink) {
  const bool held = stream.socket.inode != 0;
  if (stream.reason != Reason::kNone) {
    tell(stream, TrafficKind::kLive, stream.tally.lane(), now_ns, sink);
    if (held && now_ns - stream.asked_ns > kAskedAgain) ask(stream, now_ns);
    return;
  }
  if (!held || holders_.still_holds(stream.holder, stream.inode)) {
    return tell(stream, TrafficKind::kLive, stream.tally.lane(), now_ns, sink);
  }
  stream.changed = true;
  ask(stream, now_ns);
}

void StreamBook::ask(Stream& stream, int64_t now_ns) {
  stream.asking = true;
  stream.asked_ns = now_ns;
  stream.asked_twice = false;
  if (holders_.answer(stream.inode) != nullptr) holders_.refresh(stream.inode);
  holders_.want(now_ns, stream.inode, stream.socket.uid, {});
}

void StreamBook::judge(Stream& stream, int64_t now_ns, MeterSink& sink) {
  // Closed, and not passed on: what is still moved is its last holder's.
  if (stream.changed && stream.socket.inode == 0) return give(stream, stream.holder, Reason::kNone, now_ns, sink);
  const HolderAnswer* answer = holders_.answer(stream.inode);
  if (answer == nullptr) return holders_.want(now_ns, stream.inode, stream.socket.uid, {});
  if (!answer->complete) return;
  const HolderFinding finding = judge_holders(std::span(&answer, 1));
  if (finding.kind == HolderFinding::Kind::kOne) return give(stream, finding.holder, Reason::kNone, now_ns, sink);
  if (finding.kind == HolderFinding::Kind::kSeveral) {
    if (now_ns - stream.asked_ns < kSharedPatience) return holders_.refresh(stream.inode);
    return give(stream, {}, Reason::kSharedSocket, now_ns, sink);
  }
  if (stream.socket.inode == 0) return give(stream, {}, Reason::kClosedBeforeSeen, now_ns, sink);
  // It may have moved between two processes while they were visited, or have been closed: once more.
  const bool may_be_ours = stream.changed || stream.socket.uid == uid_;
  if (may_be_ours && !std::exchange(stream.asked_twice, true)) return holders_.refresh(stream.inode);
  const Candidate candidate{stream.inode, stream.socket.uid};
  give(stream, {}, reason_without_holder(std::span(&candidate, 1), finding.all_visible), now_ns, sink);
}

/// What the connection has moved since the last time, and from now on, has this owner.
void StreamBook::give(Stream& stream, const Holder& holder, Reason reason, int64_t now_ns, MeterSink& sink) {
  const bool same = stream.known() && stream.holder.process == holder.process && stream.reason == reason;
  if (!same && stream.known()) {
    begin_epoch(stream, now_ns, sink);
    if (stream.changed && stream.tally.lane() != stream.told) {
      stream.holder = {};
      stream.reason = Reason::kHandedOver;
      tell(stream, TrafficKind::kLive, stream.tally.lane(), now_ns, sink);
      begin_epoch(stream, now_ns, sink);
    }
  }
  if (!same && holder.process) new_owners_.push_back(holder.process);
  stream.holder = holder;
  stream.reason = reason;
  stream.asking = stream.changed = false;
  tell(stream, TrafficKind::kLive, stream.tally.lane(), now_ns, sink);
}

/// The last word on the epoch that has been told of.
void StreamBook::begin_epoch(Stream& stream, int64_t now_ns, MeterSink& sink) {
  tell(stream, TrafficKind::kSplit, stream.told, now_ns, sink);
  ++stream.epoch;
  stream.epoch_base = stream.told;
  stream.retransmitted_base = stream.tally.retransmitted_bytes();
  stream.retransmitted_packets_base = stream.tally.retransmitted_packets();
}

void StreamBook::finish(Stream& stream, int64_t now_ns, MeterSink& sink) {
  const LaneCounters lane = stream.tally.lane();
  if (lane == LaneCounters()) return;
  if (!stream.known()) {
    const HolderAnswer* answer = stream.asking ? holders_.answer(stream.inode) : nullptr;
    const bool one = answer != nullptr && answer->holders.size() == 1;
    give(stream, one ? answer->holders.front() : Holder(), one ? Reason::kNone : Reason::kClosedBeforeSeen, now_ns,
         sink);
  }
  tell(stream, TrafficKind::kFinal, lane, now_ns, sink);
}

void StreamBook::tell(Stream& stream, TrafficKind kind, const LaneCounters& at, int64_t now_ns, MeterSink& sink) {
  if (kind == TrafficKind::kLive && at == stream.told) return;
  TrafficRecord record;
  record.kind = kind;
  record.time_ns = now_ns;
  record.socket.cookie = stream.socket.cookie;
  record.socket.tuple = {stream.socket.local, stream.socket.remote, IPPROTO_TCP};
  record.socket.netns = netns_;
  record.socket.family = stream.socket.v6 ? AF_INET6 : AF_INET;
  record.socket.type = SOCK_STREAM;
  record.owner.key = stream.holder.process;
  record.owner.uid = stream.socket.uid;
  record.owner.name = stream.holder.name;
  record.owner.reason = stream.reason;
  record.interface_index = stream.interface;
  record.epoch = stream.epoch;
  record.counters = at;
  record.counters -= stream.epoch_base;
  record.retransmitted_bytes = stream.tally.retransmitted_bytes() - stream.retransmitted_base;
  record.retransmitted_packets = stream.tally.retransmitted_packets() - stream.retransmitted_packets_base;
  stream.told = at;
  sink.on_traffic(record);
}

}  // namespace nettrace
