// Tests: whose the bytes are when owners end, sockets change hands, and answers come late or twice.
#include "native/dev/test.h"
#include "native/flow/meter_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

constexpr int64_t kSecond = 1'000'000'000;

PacketView at(PacketView view, int64_t time_ns) {
  view.timestamp_ns = time_ns;
  return view;
}

}  // namespace

TEST("a provisional owner gives the bytes to the better one") {
  MeterFixture fixture;
  fixture.count(reply(syn(1000, 80, 1)));
  const auto flows = fixture.ask();
  fixture.learn(1, 1);
  fixture.learn(2, 2);
  fixture.bind(flows[0], 1, 1, false);
  CHECK_EQ(fixture.of_process(1, 1).bytes(), uint64_t{74});
  fixture.count(reply(packet(IPPROTO_TCP, 1000, 80, 500)));
  fixture.bind(flows[0], 2, 2, true);
  CHECK_EQ(fixture.of_process(1, 1).bytes(), uint64_t{0});
  CHECK_EQ(fixture.of_process(2, 2).bytes(), uint64_t{574});
}

TEST("a UDP port that passed to another process: what moved since the last look is nobody's, the rest is right") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.learn(2, 2);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 2 * kSecond));
  std::vector<FlowId> due;
  fixture.meter.take_due_checks(3 * kSecond, 10, due);
  CHECK_EQ(due.size(), size_t{1});
  fixture.bind(flow, 2, 2);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 3 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{1});
  CHECK_EQ(fixture.of(Reason::kHandedOver).packets(), uint64_t{1});
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{1});
  CHECK(fixture.books_close());
}

TEST("a datagram after the end of its process waits for a new owner; one from before is still the old one's") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.meter.end_process({1, 1}, 0, 5 * kSecond);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 4 * kSecond));  // was still in the ring
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 6 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
  CHECK_EQ(fixture.of(Reason::kPending).packets(), uint64_t{1});
  CHECK_EQ(fixture.ask().size(), size_t{1});
  fixture.learn(2, 2);
  fixture.bind(flow, 2, 2);
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{1});
  CHECK(fixture.books_close());
}

TEST("what the kernel still sends of a TCP connection after its process ended remains that process's") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(syn(1000, 80, 1), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.meter.end_process({1, 1}, 0, 2 * kSecond);
  fixture.count(at(packet(IPPROTO_TCP, 1000, 80, 400), 3 * kSecond));
  CHECK_EQ(fixture.ask().size(), size_t{1});
  fixture.refuse(flow, Reason::kClosedBeforeSeen);
  fixture.count(at(packet(IPPROTO_TCP, 1000, 80, 400), 4 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).bytes(), uint64_t{874});
  CHECK(fixture.books_close());
}

TEST("a TCP connection that a child inherited is the child's after the parent ended") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(syn(1000, 80, 1), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.meter.end_process({1, 1}, 0, 2 * kSecond);
  fixture.count(at(packet(IPPROTO_TCP, 1000, 80, 400), 3 * kSecond));
  fixture.ask();
  fixture.learn(2, 2);
  fixture.bind(flow, 2, 2);
  fixture.count(at(packet(IPPROTO_TCP, 1000, 80, 400), 4 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).bytes(), uint64_t{74});
  CHECK_EQ(fixture.of_process(2, 2).bytes(), uint64_t{800});
  CHECK(fixture.books_close());
}

TEST("what a datagram socket moved before its process ended stays the process's, whatever the next look finds") {
  for (const bool taken_over : {false, true}) {
    MeterFixture fixture;
    fixture.learn(1, 1);
    fixture.learn(2, 2);
    fixture.count(at(packet(IPPROTO_UDP, 7000, 9), kSecond));
    const FlowId flow = fixture.ask()[0];
    fixture.bind(flow, 1, 1);
    fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 2 * kSecond));
    fixture.meter.end_process({1, 1}, 0, 3 * kSecond);
    if (taken_over) {
      fixture.bind(flow, 2, 2);
    } else {
      fixture.refuse(flow, Reason::kClosedBeforeSeen);
    }
    CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
    CHECK_EQ(fixture.of(Reason::kHandedOver).packets(), uint64_t{0});
    fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 5 * kSecond));
    CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
    CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{taken_over ? 1U : 0U});
    CHECK(fixture.books_close());
  }
}

TEST("a process that closes its datagram socket keeps what it moved; later datagrams have no socket") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), 2 * kSecond));
  fixture.refuse(flow, Reason::kClosedPort);
  fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), 3 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
  CHECK_EQ(fixture.of(Reason::kClosedPort).packets(), uint64_t{1});
}

TEST("what waited in the ring when the datagram socket was found gone is still the process's, what is later is not") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.refuse(flow, Reason::kClosedBeforeSeen, true, 2 * kSecond);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 2 * kSecond));
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
  std::vector<FlowId> due;
  fixture.meter.take_due_checks(4 * kSecond, 10, due);
  CHECK(due.empty());
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 2 * kSecond + 1));
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
  CHECK_EQ(fixture.of(Reason::kPending).packets(), uint64_t{1});
  CHECK_EQ(fixture.ask().size(), size_t{1});
  fixture.learn(2, 2);
  fixture.bind(flow, 2, 2);
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{1});
  CHECK(fixture.books_close());
}

TEST("a look that could not be taken changes nothing") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.bind(flow, 1, 1);
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 2 * kSecond));
  fixture.refuse(flow, Reason::kLookupLimit);
  CHECK_EQ(fixture.of_process(1, 1).packets(), uint64_t{2});
}

TEST("a port that answered was not closed: its connection was closed before it could be looked up") {
  MeterFixture fixture;
  fixture.count(at(reply(syn(1000, 80, 1)), kSecond));
  PacketView answer = packet(IPPROTO_TCP, 1000, 80, 74);
  answer.tcp_flags = tcp_flag::kSyn | tcp_flag::kAck;
  fixture.count(answer);
  fixture.refuse(fixture.ask()[0], Reason::kClosedPort);
  CHECK_EQ(fixture.of(Reason::kClosedBeforeSeen).packets(), uint64_t{2});
  fixture.count(at(reply(syn(2000, 81, 1)), kSecond));
  PacketView reset = packet(IPPROTO_TCP, 2000, 81, 60);
  reset.tcp_flags = tcp_flag::kRst | tcp_flag::kAck;
  fixture.count(reset);
  fixture.refuse(fixture.ask()[0], Reason::kClosedPort);
  CHECK_EQ(fixture.of(Reason::kClosedPort).packets(), uint64_t{2});
}

TEST("a process that started after a datagram does not get it") {
  MeterFixture fixture;
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 10 * kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.learn(5, 5, 10'500);  // ms: half a second later
  fixture.bind(flow, 5, 5);
  CHECK_EQ(fixture.of_process(5, 5).packets(), uint64_t{0});
  CHECK_EQ(fixture.of(Reason::kClosedBeforeSeen).packets(), uint64_t{1});
  fixture.count(at(packet(IPPROTO_UDP, 7000, 9), 11 * kSecond));
  CHECK_EQ(fixture.of_process(5, 5).packets(), uint64_t{1});
}

TEST("two holders that disagree leave the bytes unattributed with the reason, until one is left") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 1));
  const FlowId flow = fixture.ask()[0];
  fixture.refuse(flow, Reason::kSharedSocket, false);
  CHECK_EQ(fixture.of(Reason::kSharedSocket).bytes(), uint64_t{74});
  fixture.learn(2, 2);
  fixture.bind(flow, 2, 2);
  CHECK_EQ(fixture.of(Reason::kSharedSocket).bytes(), uint64_t{0});
  CHECK_EQ(fixture.of_process(2, 2).bytes(), uint64_t{74});
}

TEST("a port without a socket that gets one later: earlier bytes keep their reason, later ones get the owner") {
  MeterFixture fixture;
  for (int i = 0; i < 3; ++i) fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.refuse(flow, Reason::kClosedPort);
  fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), 4 * kSecond));
  std::vector<FlowId> due;
  fixture.meter.take_due_checks(5 * kSecond, 10, due);
  CHECK_EQ(due.size(), size_t{1});
  fixture.learn(2, 2);
  fixture.bind(flow, 2, 2);
  fixture.count(at(reply(packet(IPPROTO_UDP, 7000, 9)), 6 * kSecond));
  CHECK_EQ(fixture.of(Reason::kClosedPort).packets(), uint64_t{4});
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{1});
}

TEST("flows that leave while they are asked about are reported, once") {
  MeterFixture fixture(1024);
  fixture.count(at(packet(IPPROTO_UDP, 1, 9), kSecond));
  const FlowId flow = fixture.ask()[0];
  fixture.meter.tidy(0, 100 * kSecond);
  std::vector<FlowId> forgotten;
  fixture.meter.take_forgotten(forgotten);
  CHECK_EQ(forgotten.size(), size_t{1});
  CHECK(forgotten[0] == flow);
  CHECK_EQ(fixture.of(Reason::kLookupLimit).packets(), uint64_t{1});
  forgotten.clear();
  fixture.meter.take_forgotten(forgotten);
  CHECK(forgotten.empty());
}

TEST("an owner that was looked up when the ports had the next connection already has moved nothing of the one before") {
  MeterFixture fixture;
  fixture.learn(1, 1);
  fixture.learn(2, 2);
  fixture.count(at(syn(1000, 80, 1), kSecond));
  const FlowId first = fixture.ask()[0];
  fixture.bind(first, 2, 2, true, 3 * kSecond);  // while the second connection waited in the ring
  fixture.count(at(packet(IPPROTO_TCP, 1000, 80, 400), kSecond + 1));
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{2});
  fixture.count(at(syn(1000, 80, 7), 2 * kSecond));
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{0});
  CHECK_EQ(fixture.of(Reason::kClosedBeforeSeen).packets(), uint64_t{2});
  fixture.bind(fixture.ask()[0], 2, 2, true, 3 * kSecond);
  fixture.count(at(syn(1000, 80, 9), 5 * kSecond));  // long after its owner was found
  CHECK_EQ(fixture.of_process(2, 2).packets(), uint64_t{1});
  CHECK(fixture.books_close());
}
