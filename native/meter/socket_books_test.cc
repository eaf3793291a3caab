// Owns: that each byte is charged once, whatever mixture of live counters, splits and final records tells of it.
#include "native/meter/socket_books.h"

#include <netinet/in.h>

#include <map>
#include <string>

#include "native/dev/test.h"

namespace nettrace {
namespace {

constexpr ProcessKey kParent{10, 1};
constexpr ProcessKey kChild{11, 2};

/// Sums, as a ledger would have them: by pid and interface.
class Sums final : public BookSink {
 public:
  void on_charge(const MeteredSocket&, const MeteredProcess& owner, uint32_t interface,
                 const LaneCounters& counters) override {
    at(owner.key, interface) += counters;
  }
  void on_move(const MeteredSocket&, const ChargedTo& from, const MeteredProcess& to, uint32_t interface,
               const LaneCounters& counters) override {
    at(from.process, interface) -= counters;
    at(to.key, interface) += counters;
    ++moves;
  }
  void on_retransmission(const MeteredSocket&, const MeteredProcess& owner, uint64_t bytes, uint64_t) override {
    retransmitted[owner.key.pid] += bytes;
  }
  void on_owned(const MeteredSocket& socket, const MeteredProcess& owner) override {
    ports.push_back(socket.tuple.local.port);
    told.push_back(owner.key.pid);
  }
  void on_closed(const MeteredSocket&) override { ++closed; }

  uint64_t sent(const ProcessKey& owner, uint32_t interface = 2) { return at(owner, interface).sent.ip_bytes; }

  std::vector<uint16_t> ports;  ///< of the tuples that owners were told with
  std::vector<uint32_t> told;   ///< their pids, 0: nobody
  int moves = 0;
  int closed = 0;
  std::map<uint32_t, uint64_t> retransmitted;

 private:
  LaneCounters& at(const ProcessKey& owner, uint32_t interface) { return lanes_[{owner.pid, interface}]; }
  std::map<std::pair<uint32_t, uint32_t>, LaneCounters> lanes_;
};

MeteredProcess process(const ProcessKey& key, bool seen_at_it = true) {
  MeteredProcess owner;
  owner.key = key;
  owner.seen_at_it = seen_at_it;
  return owner;
}

OwnerRecord owner(int64_t time, const ProcessKey& key) {
  OwnerRecord record;
  record.time_ns = time;
  record.socket.cookie = 7;
  record.owner = process(key, false);
  return record;
}

TrafficRecord traffic(TrafficKind kind, int64_t time, const ProcessKey& key, uint32_t epoch, uint64_t sent,
                      uint32_t interface = 2) {
  TrafficRecord record;
  record.kind = kind;
  record.time_ns = time;
  record.socket.cookie = 7;
  record.owner = process(key);
  record.interface_index = interface;
  record.epoch = epoch;
  record.counters.sent.ip_bytes = sent;
  return record;
}

TEST("live counters and the final record charge a byte once") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 100));
  books.on_traffic(traffic(TrafficKind::kLive, 2, kParent, 1, 250));
  CHECK_EQ(sums.sent(kParent), 250u);
  books.on_traffic(traffic(TrafficKind::kFinal, 3, kParent, 1, 300));
  CHECK_EQ(sums.sent(kParent), 300u);
  CHECK_EQ(sums.closed, 1);
  CHECK_EQ(books.open_sockets(), 0u);
}

TEST("bytes before anybody's input or output move to the first who does some") {
  Sums sums;
  SocketBooks books(sums);
  books.on_owner(owner(1, kParent));
  books.on_traffic(traffic(TrafficKind::kLive, 2, kParent, 1, 60));
  books.on_owner(owner(3, kChild));
  CHECK_EQ(sums.sent(kParent), 0u);
  CHECK_EQ(sums.sent(kChild), 60u);
  books.on_traffic(traffic(TrafficKind::kFinal, 4, kChild, 1, 100));
  CHECK_EQ(sums.sent(kChild), 100u);
  CHECK_EQ(sums.moves, 1);
}

TEST("the tuple of a raw socket's packet is passed on each time, and moves no bytes") {
  Sums sums;
  SocketBooks books(sums);
  books.on_owner(owner(1, kParent));
  books.on_traffic(traffic(TrafficKind::kLive, 2, kParent, 1, 60));
  for (const uint16_t port : {500, 501}) {
    OwnerRecord record = owner(3, kChild);
    record.socket.datagram_tuple = true;
    record.socket.tuple.local.port = port;
    books.on_owner(record);
  }
  CHECK(sums.ports == std::vector<uint16_t>({0, 500, 501}));
  CHECK_EQ(sums.sent(kParent), 60u);
  CHECK_EQ(sums.moves, 0);
}

TEST("a live record that shows counters while they are taken changes nothing") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 100));
  books.on_traffic(traffic(TrafficKind::kLive, 2, kParent, 1, 0));
  CHECK_EQ(sums.sent(kParent), 100u);
  books.on_traffic(traffic(TrafficKind::kSplit, 3, kParent, 1, 120));
  CHECK_EQ(sums.sent(kParent), 120u);
}

/// Of an accepted connection, whose owner is the listener's so far.
template <typename Record>
Record accepted(Record record) {
  record.socket.tuple.protocol = IPPROTO_TCP;
  record.socket.tuple.remote.port = 80;
  record.owner.inherited = true;
  return record;
}

TEST("the listener's owner is charged for an accepted connection only when nobody serves it for a while") {
  Sums sums;
  SocketBooks books(sums);
  books.on_owner(accepted(owner(1, kParent)));
  TrafficRecord record = accepted(traffic(TrafficKind::kLive, 2, kParent, 1, 60));
  books.on_traffic(record);
  CHECK_EQ(sums.sent(kParent), 0u);
  CHECK_EQ(sums.sent({}), 60u);
  CHECK(books.is_waiting(7));
  record.time_ns += SocketBooks::kInheritedWait;
  books.on_traffic(record);
  CHECK_EQ(sums.sent(kParent), 60u);
  CHECK_EQ(sums.sent({}), 0u);
  CHECK((sums.told == std::vector<uint32_t>{0, kParent.pid}));
  books.on_owner(owner(record.time_ns + 1, kParent));  // it serves the connection itself: that is told
  CHECK((sums.told == std::vector<uint32_t>{0, kParent.pid, kParent.pid}));
}

TEST("a connection that nobody serves and that moves nothing more is the listener's owner's when the wait is over") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(accepted(traffic(TrafficKind::kLive, 2, kParent, 1, 60)));
  CHECK_EQ(books.next_release(), 2 + SocketBooks::kInheritedWait);
  books.release(1 + SocketBooks::kInheritedWait);
  CHECK_EQ(sums.sent(kParent), 0u);
  books.release(2 + SocketBooks::kInheritedWait);
  CHECK_EQ(sums.sent(kParent), 60u);
  CHECK(!books.is_waiting(7));
  books.on_owner(owner(SocketBooks::kInheritedWait, kChild));  // was told before, and is read now
  CHECK_EQ(sums.sent(kChild), 60u);
}

TEST("whoever serves an accepted connection late has all of it, and the listener's owner never had any") {
  for (const Beside beside : {Beside::kNothing, Beside::kPackets}) {
    Sums sums;
    SocketBooks books(sums, beside);
    books.on_owner(accepted(owner(1, kParent)));
    for (int64_t time = 2; time < SocketBooks::kInheritedWait; time += SocketBooks::kInheritedWait / 10) {
      books.on_traffic(accepted(traffic(TrafficKind::kLive, time, kParent, 1, static_cast<uint64_t>(time))));
      CHECK_EQ(sums.sent(kParent), 0u);
    }
    books.on_owner(owner(SocketBooks::kInheritedWait - 1, kChild));
    books.release(2 * SocketBooks::kInheritedWait);
    books.on_traffic(
        traffic(TrafficKind::kFinal, 3 * SocketBooks::kInheritedWait, kChild, 1, SocketBooks::kInheritedWait));
    CHECK_EQ(sums.sent(kChild), static_cast<uint64_t>(SocketBooks::kInheritedWait));
    CHECK_EQ(sums.sent(kParent), 0u);
    CHECK_EQ(sums.sent({}), 0u);
    CHECK((sums.told == std::vector<uint32_t>{0, kChild.pid}));
  }
}

TEST("at the end nobody is waited for") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(accepted(traffic(TrafficKind::kLive, 2, kParent, 1, 60)));
  books.finish();
  CHECK_EQ(sums.sent(kParent), 60u);
  books.on_traffic(accepted(traffic(TrafficKind::kLive, 3, kParent, 1, 70)));
  CHECK_EQ(sums.sent(kParent), 70u);
}

TEST("what was moved before counting began is moved to nobody later") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 100));
  books.start_counting();
  books.on_owner(owner(2, kChild));
  books.on_traffic(traffic(TrafficKind::kFinal, 3, kChild, 1, 130));
  CHECK_EQ(sums.moves, 0);
  CHECK_EQ(sums.sent(kChild), 30u);
}

TEST("bytes of several tuples are left to the packets, where there are any, and later ones are not") {
  for (const Beside beside : {Beside::kNothing, Beside::kPackets}) {
    Sums sums;
    SocketBooks books(sums, beside);
    books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 100));
    for (const TrafficKind kind : {TrafficKind::kLive, TrafficKind::kFlush}) {
      TrafficRecord record = traffic(kind, 2, kParent, 1, kind == TrafficKind::kLive ? 300 : 500);
      record.several_tuples = true;
      books.on_traffic(record);
    }
    CHECK_EQ(sums.sent(kParent), beside == Beside::kPackets ? 100u : 500u);
    books.on_traffic(traffic(TrafficKind::kFinal, 3, kParent, 2, 20));
    CHECK_EQ(sums.sent(kParent), beside == Beside::kPackets ? 120u : 520u);
  }
}

TEST("a split leaves the old owner what it moved") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 40));
  books.on_traffic(traffic(TrafficKind::kSplit, 2, kParent, 1, 70));
  books.on_owner(owner(3, kChild));
  books.on_traffic(traffic(TrafficKind::kFinal, 4, kChild, 2, 5));
  CHECK_EQ(sums.sent(kParent), 70u);
  CHECK_EQ(sums.sent(kChild), 5u);
  CHECK_EQ(sums.moves, 0);
}

TEST("a split that is read after newer live counters moves nothing") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 40));
  books.on_traffic(traffic(TrafficKind::kLive, 5, kChild, 2, 8));
  books.on_traffic(traffic(TrafficKind::kSplit, 3, kParent, 1, 70));
  books.on_owner(owner(4, kChild));
  books.on_traffic(traffic(TrafficKind::kFinal, 6, kChild, 2, 9));
  CHECK_EQ(sums.sent(kParent), 70u);
  CHECK_EQ(sums.sent(kChild), 9u);
  CHECK_EQ(sums.moves, 0);
}

TEST("a socket that alternates between interfaces is charged on each, also where one had to make room") {
  Sums sums;
  SocketBooks books(sums);
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 1, 10, 2));
  books.on_traffic(traffic(TrafficKind::kLive, 1, kParent, 2, 20, 3));
  books.on_traffic(traffic(TrafficKind::kFlush, 2, kParent, 1, 15, 2));
  books.on_traffic(traffic(TrafficKind::kLive, 3, kParent, 3, 7, 2));
  TrafficRecord first = traffic(TrafficKind::kFinal, 4, kParent, 2, 25, 3);
  first.last = false;
  books.on_traffic(first);
  CHECK_EQ(sums.closed, 0);
  books.on_traffic(traffic(TrafficKind::kFinal, 4, kParent, 3, 8, 2));
  CHECK_EQ(sums.sent(kParent, 2), 23u);
  CHECK_EQ(sums.sent(kParent, 3), 25u);
  CHECK_EQ(sums.closed, 1);
}

TEST("retransmissions are charged to the owner under whom they happened") {
  Sums sums;
  SocketBooks books(sums);
  TrafficRecord record = traffic(TrafficKind::kLive, 1, kParent, 1, 100);
  record.retransmitted_bytes = 30;
  books.on_traffic(record);
  record = traffic(TrafficKind::kSplit, 2, kParent, 1, 120);
  record.retransmitted_bytes = 50;
  books.on_traffic(record);
  record = traffic(TrafficKind::kFinal, 3, kChild, 2, 10);
  record.retransmitted_bytes = 20;
  books.on_traffic(record);
  CHECK_EQ(sums.retransmitted[kParent.pid], 50u);
  CHECK_EQ(sums.retransmitted[kChild.pid], 20u);
}

}  // namespace
}  // namespace nettrace
