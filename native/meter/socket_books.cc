#include "native/meter/socket_books.h"

#include <netinet/in.h>

#include <algorithm>
#include <utility>

namespace nettrace {
namespace {

bool covers(const WayCounters& all, const WayCounters& part) noexcept {
  return all.packets >= part.packets && all.ip_bytes >= part.ip_bytes && all.frames >= part.frames &&
         all.frame_bytes >= part.frame_bytes && all.payload_bytes >= part.payload_bytes;
}

bool covers(const LaneCounters& all, const LaneCounters& part) noexcept {
  return covers(all.sent, part.sent) && covers(all.received, part.received);
}

MeteredProcess nobody_yet() noexcept {
  MeteredProcess nobody;
  nobody.reason = Reason::kPending;
  return nobody;
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
  waiting_.erase(socket.cookie);
  const bool confirmed = state.inherited && !owner.inherited;
  state.inherited = owner.inherited;
  if (state.owner == owner.key && state.kernel == owner.kernel && !confirmed) return;
  state.owner = owner.key;
  state.kernel = owner.kernel;
  sink_.on_owned(socket, owner);
}

/// The owner is the listener's, and whoever serves the connection may still show.
bool SocketBooks::is_early(const Socket& state, const MeteredSocket& socket, const MeteredProcess& owner,
                           int64_t time_ns) const noexcept {
  return owner.inherited && socket.tuple.protocol == IPPROTO_TCP && socket.tuple.remote.port != 0 && patient_ &&
         time_ns < state.first_ns + kInheritedWait;
}

void SocketBooks::wait(const Socket& state, const MeteredSocket& socket, const MeteredProcess& owner) {
  const auto [entry, added] = waiting_.try_emplace(socket.cookie);
  if (!added) return;
  entry->second = {socket, owner, state.first_ns + kInheritedWait};
  entry->second.owner.name = {};
  waiting_order_.emplace_back(entry->second.until_ns, socket.cookie);
  sink_.on_owned(socket, nobody_yet());  // its first packets were perhaps taken for the listener's
}

void SocketBooks::start_counting() {
  for (auto& [cookie, state] : sockets_) {
    for (Page& page : state.pages) page.left_out += std::exchange(page.charged, {});
  }
}

void SocketBooks::release(int64_t now_ns) {
  while (!waiting_order_.empty() && waiting_order_.front().first <= now_ns) {
    const auto [until_ns, cookie] = waiting_order_.front();
    waiting_order_.pop_front();
    const auto found = waiting_.find(cookie);
    if (found == waiting_.end() || found->second.until_ns != until_ns) continue;
    const Waiting waited = found->second;
    Socket& state = state_of(cookie, until_ns);
    learn_owner(state, waited.socket, waited.owner, state.owner_ns);  // records that are still to be read are news
    for (Page& page : state.pages) give_page(page, waited.socket, waited.owner);
  }
}

void SocketBooks::give_page(Page& page, const MeteredSocket& socket, const MeteredProcess& owner) {
  const ChargedTo to = charged_to(owner);
  if (page.to != to && page.charged != LaneCounters()) {
    sink_.on_move(socket, page.to, owner, page.interface_index, page.charged);
  }
  page.to = to;
}

/// A split, if the old owner had done input or output, has closed its pages before: what is open was counted on behalf
/// of whoever comes first.
void SocketBooks::on_owner(const OwnerRecord& record) {
  if (record.socket.datagram_tuple) return sink_.on_owned(record.socket, record.owner);
  Socket& state = state_of(record.socket.cookie, record.time_ns);
  if (record.time_ns < state.owner_ns) return;
  if (is_early(state, record.socket, record.owner, record.time_ns)) return wait(state, record.socket, record.owner);
  learn_owner(state, record.socket, record.owner, record.time_ns);
  for (Page& page : state.pages) give_page(page, record.socket, record.owner);
}

void SocketBooks::charge_page(Socket& state, const TrafficRecord& record, const MeteredProcess& owner) {
  const auto same = [&](const Page& page) {
    return page.interface_index == record.interface_index && page.epoch == record.epoch;
  };
  auto page = std::find_if(state.pages.begin(), state.pages.end(), same);
  if (page == state.pages.end()) {
    page = state.pages.insert(page, Page{record.interface_index, record.epoch, charged_to(owner), {}, {}});
  }
  give_page(*page, record.socket, owner);
  LaneCounters told = page->charged;
  told += page->left_out;
  // A live record may show counters while they are being taken: the next record has them all.
  if (record.kind == TrafficKind::kLive && !covers(record.counters, told)) return;
  LaneCounters more = record.counters;
  more -= told;
  if (record.several_tuples && beside_ == Beside::kPackets) {
    page->left_out += more;
  } else {
    if (more != LaneCounters()) sink_.on_charge(record.socket, owner, record.interface_index, more);
    page->charged += more;
  }
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
  if (live && is_early(state, record.socket, record.owner, record.time_ns)) {
    wait(state, record.socket, record.owner);
    if (beside_ == Beside::kNothing) charge_page(state, record, nobody_yet());
    return;
  }
  learn_owner(state, record.socket, record.owner, record.time_ns);
  charge_page(state, record, record.owner);
  if (record.kind != TrafficKind::kFlush) charge_retransmissions(state, record);
  if (record.kind != TrafficKind::kFinal || !record.last) return;
  sink_.on_closed(record.socket);
  waiting_.erase(record.socket.cookie);
  sockets_.erase(record.socket.cookie);
}

}  // namespace nettrace
