// Owns: the arithmetic of counting TCP without rights, and who gets what, in an invented world of holders.
// Knows nothing of: netlink and /proc.
#include "native/engine/stream_book.h"

#include <map>

#include "native/dev/test.h"
#include "native/host/invented_world.h"
#include "native/meter/socket_books.h"

namespace nettrace {
namespace {

using test::FakeHolders;

constexpr uint32_t kOwnUid = 1000;
constexpr ProcessKey kClient{10, 100};
constexpr ProcessKey kChild{11, 110};
constexpr int64_t kRound = 200 * kNanosPerMilli;

/// What was charged, by pid or, where there is none, by reason.
class Charged final : public BookSink {
 public:
  void on_charge(const MeteredSocket&, const MeteredProcess& owner, uint32_t interface,
                 const LaneCounters& c) override {
    CHECK_EQ(interface, 7u);
    if (owner.reason == Reason::kNone) {
      processes[owner.key.pid] += c;
    } else {
      reasons[owner.reason] += c;
    }
  }
  void on_move(const MeteredSocket&, const ChargedTo&, const MeteredProcess&, uint32_t, const LaneCounters&) override {
    ++moves;
  }
  void on_retransmission(const MeteredSocket&, const MeteredProcess& owner, uint64_t bytes, uint64_t) override {
    again[owner.key.pid] += bytes;
  }
  void on_closed(const MeteredSocket&) override { ++closed; }

  uint64_t sent(uint32_t pid) { return processes[pid].sent.payload_bytes; }
  uint64_t sent(Reason reason) { return reasons[reason].sent.payload_bytes; }

  std::map<uint32_t, LaneCounters> processes;
  std::map<Reason, LaneCounters> reasons;
  std::map<uint32_t, uint64_t> again;
  int moves = 0;
  int closed = 0;
};

StreamReading connection(uint64_t cookie, uint32_t inode, uint64_t bytes_sent) {
  StreamReading reading;
  reading.socket.local = test::kPeer;
  reading.socket.remote = test::kServer;
  reading.socket.protocol = IPPROTO_TCP;
  reading.socket.state = SocketState::kEstablished;
  reading.socket.cookie = cookie;
  reading.socket.inode = inode;
  reading.socket.uid = kOwnUid;
  reading.counts.bytes_sent = bytes_sent;
  reading.counts.data_segments_sent = static_cast<uint32_t>((bytes_sent + 999) / 1000);
  reading.counts.segments_sent = reading.counts.data_segments_sent;
  return reading;
}

struct Machine {
  FakeHolders holders;
  Charged charged;
  SocketBooks books{charged};
  StreamBook book{1, kOwnUid, holders, [](const SocketRecord&) { return 7u; }};
  int64_t now_ns = 1000 * kNanosPerSecond;

  /// One refresh, with a look through the processes in the middle.
  void round(const std::vector<StreamReading>& streams) {
    now_ns += kRound;
    book.read(streams);
    report();
  }
  void report() {
    std::vector<uint32_t> changed;
    book.report(now_ns, books);
    holders.scan(now_ns, now_ns, changed);
    book.report(now_ns, books);
  }
  void end(const StreamReading& last) {
    DestroyedSocket gone{last.socket, last.counts};
    gone.socket.inode = gone.socket.uid = 0;
    gone.socket.state = SocketState::kClose;
    book.end(gone);
  }
  void hold(uint32_t inode, std::vector<ProcessKey> processes) {
    holders.world[inode].clear();
    for (const ProcessKey& key : processes) holders.world[inode].push_back({key, 3, "client"});
  }
};

}  // namespace

TEST("TCP's own counts become bytes on the wire: payload, and one header for every segment") {
  StreamCounts counts;
  counts.bytes_sent = 3000;
  counts.segments_sent = 5;
  counts.data_segments_sent = 3;
  counts.bytes_received = 100;
  counts.segments_received = 4;
  counts.data_segments_received = 1;
  StreamTally tally;
  CHECK(tally.advance(counts, true));
  CHECK_EQ(tally.lane().sent.ip_bytes, 3000u + 5 * 40);
  CHECK_EQ(tally.lane().sent.payload_bytes, 3000u);
  CHECK_EQ(tally.lane().received.ip_bytes, 100u + 4 * 40);
  // At the least one super-frame, and two segments without payload.
  CHECK_EQ(tally.lane().sent.frames, 3u);
  CHECK_EQ(tally.lane().sent.frame_bytes, 3000u + 3 * 40);
  CHECK_EQ(stream_header_bytes(true, true), 52u);
  CHECK_EQ(stream_header_bytes(false, true), 72u);
}

TEST("counts of segments go round after 32 bits and nothing is lost or invented") {
  StreamCounts before;
  before.segments_sent = 0xfffffff0;
  StreamCounts after = before;
  after.segments_sent = 0x10;
  StreamTally tally(before);
  CHECK(tally.advance(after, true));
  CHECK_EQ(tally.lane().sent.packets, 0x20u);
}

TEST("what a connection moved before counts for nobody, what it moves from then on for its process") {
  Machine machine;
  machine.hold(50, {kClient});
  const std::vector<StreamReading> there{connection(1, 50, 1'000'000)};
  machine.book.begin(there);
  machine.round({connection(1, 50, 1'000'000)});
  CHECK_EQ(machine.charged.processes.size(), 0u);
  machine.round({connection(1, 50, 1'005'000)});
  machine.round({connection(1, 50, 1'007'000)});
  CHECK_EQ(machine.charged.sent(10), 7000u);
  CHECK_EQ(machine.charged.processes[10].sent.packets, 7u);
}

TEST("bytes wait until every process has been looked at, and then none is missing") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.holders.complete = false;
  machine.round({connection(1, 50, 4000)});
  CHECK_EQ(machine.charged.processes.size(), 0u);
  CHECK_EQ(machine.book.questions(), 1u);
  machine.holders.complete = true;
  machine.holders.publish(50);
  machine.round({connection(1, 50, 6000)});
  CHECK_EQ(machine.charged.sent(10), 6000u);
}

TEST("the last counts of a socket that is gone are its owner's, and it is closed once") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.round({connection(1, 50, 4000)});
  machine.end(connection(1, 50, 9000));
  machine.round({});
  machine.round({});
  CHECK_EQ(machine.charged.sent(10), 9000u);
  CHECK_EQ(machine.charged.closed, 1);
  CHECK_EQ(machine.book.size(), 0u);
}

TEST("a connection that was over before it was seen has its bytes and no owner") {
  Machine machine;
  machine.end(connection(3, 0, 2500));
  machine.report();
  CHECK_EQ(machine.charged.sent(Reason::kClosedBeforeSeen), 2500u);
  CHECK_EQ(machine.charged.processes.size(), 0u);
}

TEST("a connection that waits to be accepted is not given up: whoever accepts it has all of it") {
  Machine machine;
  machine.round({connection(1, 0, 700)});
  CHECK_EQ(machine.charged.processes.size() + machine.charged.reasons.size(), 0u);
  machine.hold(51, {kClient});
  machine.round({connection(1, 51, 800)});
  CHECK_EQ(machine.charged.sent(10), 800u);
}

TEST("a connection that three listings miss is over, and one that a single listing misses is not") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.round({connection(1, 50, 1000)});
  machine.round({});
  machine.round({connection(1, 50, 2000)});
  CHECK_EQ(machine.charged.closed, 0);
  for (int i = 0; i < 3; ++i) machine.round({});
  CHECK_EQ(machine.charged.closed, 1);
  CHECK_EQ(machine.charged.sent(10), 2000u);
}

TEST("a socket that is connected anew begins at zero and loses nothing of before") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.round({connection(1, 50, 5000)});
  machine.round({connection(1, 50, 300)});  // the same cookie
  machine.round({connection(1, 50, 500)});
  CHECK_EQ(machine.charged.sent(10), 5500u);
  StreamReading elsewhere = connection(1, 50, 800);
  elsewhere.socket.remote.port = 80;
  machine.round({elsewhere});
  CHECK_EQ(machine.charged.sent(10), 6300u);
}

TEST("what was sent again is told once, and a reading that repeats adds nothing") {
  Machine machine;
  machine.hold(50, {kClient});
  StreamReading reading = connection(1, 50, 5000);
  reading.counts.bytes_retransmitted = 1000;
  reading.counts.retransmissions = 1;
  machine.round({reading});
  machine.round({reading});
  reading.counts.bytes_sent = 7000;
  reading.counts.bytes_retransmitted = 2000;
  machine.round({reading});
  CHECK_EQ(machine.charged.again[10], 2000u);
  CHECK_EQ(machine.charged.sent(10), 7000u);
}

TEST("a socket that changes hands: before its first owner's, in between nobody's, afterwards the next one's") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.round({connection(1, 50, 1000)});
  machine.hold(50, {kChild});
  machine.round({connection(1, 50, 3000)});
  machine.round({connection(1, 50, 3000)});
  machine.round({connection(1, 50, 7000)});
  CHECK_EQ(machine.charged.sent(10), 1000u);
  CHECK_EQ(machine.charged.sent(Reason::kHandedOver), 2000u);
  CHECK_EQ(machine.charged.sent(11), 4000u);
  CHECK_EQ(machine.charged.moves, 0);
}

TEST("what the kernel still sends after the last holder closed is that holder's") {
  Machine machine;
  machine.hold(50, {kClient});
  machine.round({connection(1, 50, 1000)});
  machine.hold(50, {});
  StreamReading orphan = connection(1, 0, 4000);
  orphan.socket.state = SocketState::kFinWait1;
  machine.round({orphan});
  CHECK_EQ(machine.charged.sent(10), 4000u);
}

TEST("a socket of another user has its bytes counted for no process, one that two hold for neither") {
  Machine machine;
  StreamReading foreign = connection(1, 60, 1000);
  foreign.socket.uid = 0;
  machine.holders.visible = false;
  machine.hold(61, {kClient, kChild});
  for (int i = 0; i < 7; ++i) machine.round({foreign, connection(2, 61, 500)});
  CHECK_EQ(machine.charged.sent(Reason::kHolderUnknown), 1000u);
  CHECK_EQ(machine.charged.sent(Reason::kSharedSocket), 500u);
  CHECK_EQ(machine.charged.processes.size(), 0u);
}

}  // namespace nettrace
