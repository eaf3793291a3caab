// Tests: frames that were sent past all sockets find their sender, and nothing else is taken for them.
#include <netinet/in.h>

#include "native/dev/test.h"
#include "native/flow/metered_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

constexpr int64_t kLater = kNow + kNanosPerSecond;

Way frames(uint64_t count) {
  return {142 * count, count, 0, 0, 142 * count, count};
}

TEST("frames that were sent past all sockets are taken from what nobody owns") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_UDP, 1234, 4321, 142);
  for (int i = 0; i < 3; ++i) fixture.count(view);
  fixture.refuse(fixture.ask().at(0), Reason::kClosedBeforeSeen);
  const Way left = fixture.meter.charge_injection(0, fixture.owner(1), {284, 2, 0, 0, 284, 2}, kNow);
  CHECK(left == Way());
  CHECK_EQ(fixture.sent_by(1), 284u);
  CHECK_EQ(fixture.of(Reason::kClosedBeforeSeen).sent.bytes, 142u);
  CHECK(fixture.books_close());
}

TEST("frames that were sent past all sockets are not taken from what a socket's owner has been charged for") {
  Metered fixture;
  const PacketView datagram = sent_packet(IPPROTO_UDP, 1000, 53, 142);
  for (int i = 0; i < 3; ++i) fixture.count(datagram);
  CHECK_EQ(fixture.meter.charge_injection(0, fixture.owner(2), frames(3), kNow).frames, 3u);  // may be a socket's
  fixture.charge(1, unconnected(datagram), 284, 2);  // the flow itself has no owner yet
  const Way left = fixture.meter.charge_injection(0, fixture.owner(2), {426, 3, 0, 0, 426, 3}, kLater);
  CHECK_EQ(left.frames, 2u);
  CHECK_EQ(fixture.sent_by(1), 284u);
  CHECK_EQ(fixture.sent_by(2), 142u);
  CHECK_EQ(fixture.of(Reason::kPending).sent.bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("frames for which no socket was found, twice, are still their sender's when he is told of") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_UDP, 68, 67, 142);
  for (int i = 0; i < 3; ++i) fixture.count(view);
  const FlowId flow = fixture.ask().at(0);
  for (int i = 0; i < 2; ++i) fixture.refuse(flow, Reason::kClosedBeforeSeen);
  CHECK(fixture.meter.charge_injection(0, fixture.owner(1), frames(2), kLater) == Way());
  CHECK_EQ(fixture.sent_by(1), 284u);
  // Another process sends by the same ports.
  fixture.count(view);
  fixture.refuse(flow, Reason::kClosedBeforeSeen);
  CHECK(fixture.meter.charge_injection(0, fixture.owner(2), frames(2), kLater) == Way());
  CHECK_EQ(fixture.sent_by(2), 284u);
  CHECK_EQ(fixture.of(Reason::kClosedBeforeSeen).sent.bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("what was disowned long ago is nobody's any more") {
  Metered fixture;
  fixture.count(sent_packet(IPPROTO_UDP, 68, 67, 142));
  const FlowId flow = fixture.ask().at(0);
  for (int i = 0; i < 2; ++i) fixture.refuse(flow, Reason::kClosedBeforeSeen);
  fixture.meter.tidy(0, kNow + 16 * kNanosPerSecond);
  CHECK_EQ(fixture.meter.charge_injection(0, fixture.owner(1), frames(1), kLater).frames, 1u);
  CHECK(fixture.books_close());
}

TEST("what a raw socket sent, which the kernel does not count, is not taken for an injected frame") {
  Metered fixture;
  const PacketView view = sent_packet(254, 0, 0, 142);
  fixture.count(view);
  fixture.meter.bind_metered(fixture.ask().at(0), fixture.owner(2), kNow);
  CHECK_EQ(fixture.meter.charge_injection(0, fixture.owner(1), frames(1), kLater).frames, 1u);
  CHECK_EQ(fixture.sent_by(2), 142u);
  CHECK(fixture.books_close());
}

TEST("of a socket's flow they are what the kernel has not counted for the socket") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_UDP, 1000, 53, 142);
  const FiveTuple tuple = tuple_of(view);
  for (int i = 0; i < 2; ++i) fixture.count(view);
  fixture.meter.own_socket(tuple, 1, fixture.owner(1), kNow - kNanosPerMilli, kNow);
  fixture.charge(1, tuple, 284, 2);
  for (int i = 0; i < 3; ++i) fixture.count(sent_packet(IPPROTO_UDP, 1000, 53, 142, kNow + 2 * kNanosPerMilli));
  // They may be the socket's, to be counted the next time.
  CHECK_EQ(fixture.meter.charge_injection(0, fixture.owner(2), frames(3), kNow).frames, 3u);
  CHECK(fixture.meter.charge_injection(0, fixture.owner(2), frames(3), kLater) == Way());
  CHECK_EQ(fixture.sent_by(1), 284u);
  CHECK_EQ(fixture.sent_by(2), 426u);
  CHECK(fixture.books_close());
}

TEST("more flows than the table holds are found in what was pushed out") {
  Metered fixture;
  for (uint16_t port = 1; port <= 5000; ++port) fixture.count(sent_packet(IPPROTO_UDP, 1000, port, 142));
  CHECK(fixture.meter.charge_injection(0, fixture.owner(1), frames(5000), kLater) == Way());
  CHECK_EQ(fixture.sent_by(1), 142u * 5000);
  CHECK(fixture.books_close());
}

}  // namespace
