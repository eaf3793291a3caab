// Tests: what is charged before its packets have come: they take it back, or it is void two lags later at the latest.
#include <netinet/in.h>

#include <algorithm>

#include "native/dev/test.h"
#include "native/flow/metered_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

constexpr int64_t kLag = 2 * kNanosPerSecond;
constexpr int64_t kRound = 100 * kNanosPerMilli;  ///< between two counts of a socket
constexpr uint32_t kLength = 100;

int64_t at(int round) {
  return kNow + round * kRound;
}

/// A process's socket sends ten packets a round, which the kernel has counted at its end.
struct Stream : Metered {
  explicit Stream(bool is_connected) : connected(is_connected) {}

  void send(int round, uint64_t packets = 10) {
    charge(1, connected ? tuple_of(view) : unconnected(view), packets * kLength, packets, at(round));
  }
  void arrive(int round, int packets) {
    view.timestamp_ns = at(round);
    for (int i = 0; i < packets; ++i) count(view);
  }
  void tidy(int round) {
    meter.tidy(0, at(round));
    most_ahead = std::max(most_ahead, recovered().bytes);
    least_ahead = std::min(least_ahead, recovered().bytes);
    if (!books_close()) ++open_books;
  }
  uint64_t charged() { return sent_by(1) + of(Reason::kPending).sent.bytes; }

  PacketView view = sent_packet(IPPROTO_UDP, 1000, 53, kLength);
  bool connected;
  uint64_t most_ahead = 0;
  uint64_t least_ahead = UINT64_MAX;
  int open_books = 0;
};

constexpr uint64_t kRoundBytes = uint64_t{10} * kLength;
constexpr uint64_t kLagBytes = kLag / kRound * kRoundBytes;

}  // namespace

TEST("what a full ring lost stays charged, what never was on the wire does not") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.count(view);
  fixture.charge(1, tuple_of(view), 114 * 3, 3);
  fixture.meter.set_lost_frames(0, 2, kNow);
  fixture.meter.tidy(0, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(fixture.sent_by(1), 342u);
  CHECK_EQ(fixture.recovered().bytes, 228u);
  CHECK(fixture.books_close());

  Metered without_loss;
  without_loss.count(view);
  without_loss.charge(1, tuple_of(view), 114 * 3, 3);
  without_loss.meter.tidy(0, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(without_loss.sent_by(1) + without_loss.of(Reason::kPending).sent.bytes, 114u);
  CHECK_EQ(without_loss.recovered().bytes, 0u);
  CHECK(without_loss.books_close());
}

TEST("of a stream that never leaves no more stands charged than it sent in two lags, and nothing after its end") {
  for (const bool connected : {true, false}) {
    Stream stream(connected);
    int round = 0;
    for (; round < 300; ++round) {
      stream.send(round);
      stream.tidy(round);
    }
    CHECK(stream.most_ahead >= kLagBytes);
    CHECK(stream.most_ahead <= 2 * kLagBytes + 2 * kRoundBytes);
    CHECK_EQ(stream.charged(), stream.recovered().bytes);
    stream.tidy(round + 20);
    CHECK_EQ(stream.charged(), 0u);
    CHECK_EQ(stream.recovered().bytes, 0u);
    CHECK_EQ(stream.open_books, 0);
  }
}

TEST("a burst that never left is void a lag after it was charged, though its socket goes on sending") {
  Stream stream(true);
  stream.send(0, 500);
  for (int round = 1; round <= 21; ++round) {
    stream.send(round);
    stream.arrive(round, 10);
    stream.tidy(round);
    if (round == 20) CHECK_EQ(stream.recovered().bytes, 50 * kRoundBytes);
  }
  // The packets that came may have been the burst's.
  CHECK_EQ(stream.recovered().bytes, 21 * kRoundBytes);
  CHECK_EQ(stream.open_books, 0);
}

TEST("of a stream of which half leaves no more than two lags' bytes stand charged, and its packets after its end") {
  for (const bool connected : {true, false}) {
    Stream stream(connected);
    int round = 0;
    for (; round < 600; ++round) {
      stream.send(round);
      stream.arrive(round, 5);
      stream.tidy(round);
    }
    CHECK(stream.most_ahead <= 2 * kLagBytes + 2 * kRoundBytes);
    stream.tidy(round + 20);
    CHECK_EQ(stream.charged(), 600 * kRoundBytes / 2);
    CHECK_EQ(stream.recovered().bytes, 0u);
    CHECK_EQ(stream.open_books, 0);
  }
}

TEST("what waits in a queue of the host for a whole lag is charged all the time, and once") {
  for (const bool connected : {true, false}) {
    Stream stream(connected);
    int round = 0;
    for (; round < 200; ++round) {
      stream.send(round);
      if (round >= 20) stream.arrive(round, 10);
      stream.tidy(round);
      CHECK_EQ(stream.charged(), (round + 1) * kRoundBytes);
    }
    for (; round < 220; ++round) stream.arrive(round, 10);
    CHECK_EQ(stream.charged(), 200 * kRoundBytes);
    CHECK_EQ(stream.recovered().bytes, 0u);
    CHECK_EQ(stream.open_books, 0);
  }
}

TEST("packets that come after their bytes were void are counted once, whether or not their socket still sends") {
  for (const bool connected : {true, false}) {
    for (const int rounds : {1, 100}) {
      Stream stream(connected);
      int round = 0;
      for (; round < rounds; ++round) {
        stream.send(round);
        stream.tidy(round);
      }
      stream.tidy(round + 25);
      CHECK_EQ(stream.charged(), 0u);
      stream.arrive(round + 30, rounds * 10);
      CHECK_EQ(stream.charged(), rounds * kRoundBytes);
      CHECK_EQ(stream.recovered().bytes, 0u);
      CHECK(stream.books_close());
    }
    // Three seconds late, all the time.
    Stream late(connected);
    int round = 0;
    for (; round < 200; ++round) {
      late.send(round);
      if (round >= 30) late.arrive(round, 10);
      late.tidy(round);
      CHECK(late.charged() <= (round + 1) * kRoundBytes);
    }
    for (; round < 230; ++round) late.arrive(round, 10);
    CHECK_EQ(late.charged(), 200 * kRoundBytes);
    CHECK_EQ(late.recovered().bytes, 0u);
    CHECK_EQ(late.open_books, 0);
  }
}

TEST("one frame that a ring lost does not keep a stream charged that goes on sending into nothing") {
  Stream stream(true);
  int round = 0;
  for (; round < 200; ++round) {
    stream.send(round);
    if (round == 100) stream.meter.set_lost_frames(0, 1, at(round));
    stream.tidy(round);
  }
  stream.tidy(round + 20);
  CHECK(stream.recovered().bytes > 0);
  CHECK(stream.recovered().bytes <= 4 * kLagBytes);
  CHECK_EQ(stream.open_books, 0);
}

TEST("what a ring lost stays charged, though the packets of a long stream came instead of it") {
  Stream stream(true);
  int round = 0;
  for (; round < 200; ++round) {
    stream.send(round);
    stream.arrive(round, round == 50 ? 3 : 10);
    if (round == 50) stream.meter.set_lost_frames(0, 7, at(round));
    stream.tidy(round);
  }
  stream.tidy(round + 30);
  CHECK_EQ(stream.charged(), 200 * kRoundBytes);
  CHECK_EQ(stream.recovered().bytes, uint64_t{7} * kLength);
  CHECK(stream.books_close());
}

TEST("a port without flows is forgotten when what was charged to it is void") {
  Stream stream(false);
  stream.send(0);
  stream.tidy(25);
  CHECK_EQ(stream.charged(), 0u);
  // Its place is another port's by now, which has nothing ahead.
  stream.view.source_port = 1001;
  stream.arrive(26, 1);
  stream.view.source_port = 1000;
  stream.arrive(26, 1);
  CHECK_EQ(stream.charged(), uint64_t{2} * kLength);
  CHECK(stream.books_close());
}
