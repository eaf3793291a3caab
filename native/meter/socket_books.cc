#include "native/meter/socket_books.h"

#include <algorithm>

namespace nettrace {
namespace {

bool covers(const WayCounters& all, const WayCounters& part) noexcept {
  return all.packets >= part.packets && all.ip_bytes >= part.ip_bytes && all.frames >= part.frames &&
         all.frame_bytes >= part.frame_bytes && all.payload_bytes >= part.payload_bytes;
}

bool covers(const LaneCounters& all, const LaneCounters& part) noexcept {
  return covers(all.sent, part.sent) && covers(all.received, part.received);
}

}  // namespace

SocketBooks::Socket& SocketBooks::state_of(uint64_t cookie, int64_t time_ns) {
  const auto [entry, added] = sockets_.try_emplace(cookie);
  if (added) entry->second.first_ns = time_ns;
  return entry->second;
}

void SocketBooks::learn_owner(Socket& state, const MeteredSocket& socket, const MeteredProcess& owner,
                              int64_t time_ns) {
  // A split tells of the past: live counters may have told of the next owner already.
  if (time_ns < state.owner_ns) return;
  state.owner_ns = time_ns;
  const bool confirmed = state.inherited && !owner.inherited;
  state.inherited = owner.inherited;
  if (state.owner == owner.key && state.kernel == owner.kernel && !confirmed) return;
  state.owner = owner.key;
  state.kernel = owner.kernel;
  sink_.on_owned(socket, owner);
}

void SocketBooks::give_page(Page& page, const MeteredSocket& socket, const MeteredProcess& owner) {
  if (page.owner != owner.key && page.charged != LaneCounters()) {
    sink_.on_move(socket, page.owner, owner, page.interface_index, page.charged);
  }
  page.owner = owner.key;
}

/// A split, if the old owner had done input or output, has closed its pages before: what is open was counted on behalf
/// of whoever comes first.
void SocketBooks::on_owner(const OwnerRecord& record) {
  if (record.socket.datagram_tuple) return sink_.on_owned(record.socket, record.owner);
  Socket& state = state_of(record.socket.cookie, record.time_ns);
  if (record.time_ns < state.owner_ns) return;
  learn_owner(state, record.socket, record.owner, record.time_ns);
  for (Page& page : state.pages) give_page(page, record.socket, record.owner);
}

void SocketBooks::charge_page(Socket& state, const TrafficRecord& record) {
  const auto same = [&](const Page& page) {
    return page.interface_index == record.interface_index && page.epoch == record.epoch;
  };
  auto page = std::find_if(state.pages.begin(), state.pages.end(), same);
  if (page == state.pages.end()) {
    page = state.pages.insert(page, Page{record.interface_index, record.epoch, record.owner.key, {}});
  }
  give_page(*page, record.socket, record.owner);
  // A live record may show counters while they are being taken: the next record has them all.
  if (record.kind == TrafficKind::kLive && !covers(record.counters, page->charged)) return;
  LaneCounters more = record.counters;
  more -= page->charged;
  if (more != LaneCounters()) sink_.on_charge(record.socket, record.owner, record.interface_index, more);
  page->charged = record.counters;
  if (record.kind != TrafficKind::kLive) state.pages.erase(page);
}

void SocketBooks::charge_retransmissions(Socket& state, const TrafficRecord& record) {
  if (!record.last) return;
  if (record.retransmitted_bytes > state.retransmitted_bytes ||
      record.retransmitted_packets > state.retransmitted_packets) {
    sink_.on_retransmission(record.socket, record.owner, record.retransmitted_bytes - state.retransmitted_bytes,
                            record.retransmitted_packets - state.retransmitted_packets);
  }
  const bool next_owner = record.kind == TrafficKind::kSplit;
  state.retransmitted_bytes = next_owner ? 0 : record.retransmitted_bytes;
  state.retransmitted_packets = next_owner ? 0 : record.retransmitted_packets;
}

void SocketBooks::on_traffic(const TrafficRecord& record) {
  Socket& state = state_of(record.socket.cookie, record.time_ns);
  const bool live = record.kind == TrafficKind::kLive;
  if (live && record.owner.inherited && record.time_ns < state.first_ns + kInheritedWait) return;
  learn_owner(state, record.socket, record.owner, record.time_ns);
  charge_page(state, record);
  if (record.kind != TrafficKind::kFlush) charge_retransmissions(state, record);
  if (record.kind != TrafficKind::kFinal || !record.last) return;
  sink_.on_closed(record.socket);
  sockets_.erase(record.socket.cookie);
}

}  // namespace nettrace
