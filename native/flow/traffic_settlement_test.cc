// Tests: the kernel's counts of sockets meet the packets of their flows: each byte is charged once, to the right owner.
#include <netinet/in.h>

#include "native/dev/test.h"
#include "native/flow/metered_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

TEST("a packet that the kernel counted before its capture is charged once") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.charge(1, tuple_of(view), 114, 1);
  CHECK_EQ(fixture.sent_by(1), 114u);
  CHECK_EQ(fixture.recovered().bytes, 114u);
  CHECK(fixture.books_close());
  fixture.count(view);
  CHECK_EQ(fixture.sent_by(1), 114u);
  CHECK_EQ(fixture.recovered().bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("a SYN whose socket was counted before it does not look like another connection") {
  Metered fixture;
  PacketView syn = sent_packet(IPPROTO_TCP, 1000, 80, 74);
  syn.tcp_flags = tcp_flag::kSyn;
  syn.has_transport = true;
  fixture.charge(1, tuple_of(syn), 74, 1);
  fixture.count(syn);
  CHECK_EQ(fixture.sent_by(1), 74u);
  CHECK_EQ(fixture.meter.table().size(), size_t{1});
  CHECK(fixture.books_close());
}

TEST("after its handshake a connection is not its listener's any more, however late it is told whose it is") {
  Metered fixture;
  const PacketView data = sent_packet(IPPROTO_TCP, 80, 1000, 1514);
  PacketView syn = sent_packet(IPPROTO_TCP, 1000, 80, 74);
  std::swap(syn.source, syn.destination);
  std::swap(syn.source_mac, syn.destination_mac);
  syn.tcp_flags = tcp_flag::kSyn;
  PacketView answer = sent_packet(IPPROTO_TCP, 80, 1000, 74);
  answer.tcp_flags = tcp_flag::kSyn | tcp_flag::kAck;
  for (PacketView* view : {&syn, &answer}) view->has_transport = true;
  fixture.count(syn);
  const auto flows = fixture.ask();
  CHECK_EQ(flows.size(), size_t{1});
  fixture.meter.bind_listener(flows[0], fixture.owner(1));
  fixture.count(answer);
  CHECK_EQ(fixture.of_process(1, 10).bytes(), 148u);
  PacketView first = data;
  first.has_transport = true;
  first.tcp_flags = tcp_flag::kAck;
  fixture.count(first);
  CHECK_EQ(fixture.of_process(1, 10).bytes(), 0u);
  CHECK_EQ(fixture.of(Reason::kPending).bytes(), 148u + 1514);
  CHECK_EQ(fixture.ask().size(), size_t{1});
  fixture.meter.own_socket(tuple_of(data), 7, fixture.owner(2), kNow, kNow);
  fixture.count(first);
  CHECK_EQ(fixture.of_process(2, 20).bytes(), 148u + 2 * 1514);
  CHECK_EQ(fixture.of(Reason::kPending).bytes(), 0u);
  CHECK(fixture.books_close());
}

TEST("connections that follow each other on the same ports are counted once, though the kernel told of all before") {
  Metered fixture;
  PacketView syn[2];
  for (int i = 0; i < 2; ++i) {
    syn[i] = sent_packet(IPPROTO_TCP, 1000, 80, 74, kNow + i * 2 * kNanosPerMilli);
    syn[i].tcp_flags = tcp_flag::kSyn;
    syn[i].has_transport = true;
    syn[i].tcp_sequence = static_cast<uint32_t>(i + 1);
    fixture.charge(static_cast<uint32_t>(i + 1), tuple_of(syn[i]), 74 + 114, 2, syn[i].timestamp_ns + kNanosPerMilli,
                   true);
  }
  for (int i = 0; i < 2; ++i) {
    fixture.count(syn[i]);
    fixture.count(sent_packet(IPPROTO_TCP, 1000, 80, 114, syn[i].timestamp_ns + 1000));
    CHECK_EQ(fixture.sent_by(1), 188u);
    CHECK_EQ(fixture.sent_by(2), 188u);
    CHECK(fixture.books_close());
  }
  CHECK_EQ(fixture.recovered().bytes, 0u);
}

TEST("a connection whose rest the capture has lost keeps its bytes when the next one takes its ports") {
  Metered fixture;
  PacketView syn = sent_packet(IPPROTO_TCP, 1000, 80, 74, kNow);
  syn.tcp_flags = tcp_flag::kSyn;
  syn.has_transport = true;
  fixture.count(syn);
  fixture.charge(1, tuple_of(syn), 300, 3, kNow + kNanosPerMilli, true);
  syn.tcp_sequence = 7;
  syn.timestamp_ns = kNow + 2 * kNanosPerMilli;
  fixture.count(syn);
  fixture.charge(2, tuple_of(syn), 74, 1, kNow + 3 * kNanosPerMilli, true);
  CHECK_EQ(fixture.sent_by(1), 300u);
  CHECK_EQ(fixture.sent_by(2), 74u);
  CHECK_EQ(fixture.recovered().bytes, 226u);
  fixture.meter.set_lost_frames(0, 2, kNow + 5 * kNanosPerMilli);
  fixture.meter.tidy(0, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(fixture.sent_by(1), 300u);
  CHECK(fixture.books_close());
}

TEST("a connection of which the capture has lost every packet is listed with what the kernel counted") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.charge(1, tuple_of(view), 114 * 3, 3);
  CHECK_EQ(fixture.meter.table().size(), size_t{0});
  fixture.meter.set_lost_frames(0, 3, kNow);
  fixture.meter.tidy(0, kNow + 3 * kNanosPerSecond);
  CHECK_EQ(fixture.sent_by(1), 342u);
  CHECK_EQ(fixture.meter.table().size(), size_t{1});
  CHECK(fixture.books_close());
}

TEST("what two processes sent through one socket is split as the kernel split it, whoever the flow is bound to") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_UDP, 1000, 53, 100);
  for (int i = 0; i < 5; ++i) fixture.count(view);
  fixture.meter.bind_metered(fixture.ask().at(0), fixture.owner(1), 0);
  CHECK_EQ(fixture.sent_by(1), 500u);
  fixture.charge(2, tuple_of(view), 300, 3);
  fixture.charge(1, tuple_of(view), 200, 2);
  CHECK_EQ(fixture.sent_by(1), 200u);
  CHECK_EQ(fixture.sent_by(2), 300u);
  CHECK(fixture.books_close());
}

TEST("a socket that is not connected settles the flows of its port, of one local address where it is bound to that") {
  Metered fixture;
  const PacketView one = sent_packet(IPPROTO_UDP, 53, 1111, 100);
  const PacketView other = sent_packet(IPPROTO_UDP, 53, 2222, 100);
  const PacketView elsewhere = sent_packet(IPPROTO_UDP, 54, 1111, 100);
  for (const PacketView& view : {one, one, other, elsewhere}) fixture.count(view);
  fixture.charge(1, unconnected(one), 300, 3);
  CHECK_EQ(fixture.sent_by(1), 300u);
  CHECK_EQ(fixture.of(Reason::kPending).sent.bytes, 100u);  // the other port's
  FiveTuple bound = unconnected(elsewhere);
  bound.local.address = IpAddress::v4(0x0a0000fe);  // not the address that it was sent from
  fixture.charge(2, bound, 0, 0);
  CHECK_EQ(fixture.sent_by(2), 0u);
  CHECK(fixture.books_close());
}

TEST("the last word on a socket reaches a flow whose ports another connection has taken") {
  Metered fixture;
  PacketView first = sent_packet(IPPROTO_TCP, 1000, 80, 74, kNow);
  first.tcp_flags = tcp_flag::kSyn;
  first.has_transport = true;
  first.tcp_sequence = 1;
  PacketView second = first;
  second.tcp_sequence = 2;
  second.timestamp_ns = kNow + 2 * kNanosPerMilli;
  fixture.count(first);
  fixture.count(second);
  fixture.charge(1, tuple_of(first), 74, 1, kNow + kNanosPerMilli, true);
  fixture.charge(2, tuple_of(second), 74, 1, kNow + 3 * kNanosPerMilli, true);
  CHECK_EQ(fixture.sent_by(1), 74u);
  CHECK_EQ(fixture.sent_by(2), 74u);
  CHECK_EQ(fixture.recovered().bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("late answers stay with the socket they were meant for when the port gets another owner") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_UDP, 1000, 53, 100, kNow);
  fixture.count(view);
  fixture.meter.bind_metered(fixture.ask().at(0), fixture.owner(1), 0);
  fixture.meter.own_socket(tuple_of(view), 2, fixture.owner(2), kNow + 1, kNow + 1);
  CHECK_EQ(fixture.sent_by(1), 100u);
  fixture.count(sent_packet(IPPROTO_UDP, 1000, 53, 100, kNow + 2));
  CHECK_EQ(fixture.sent_by(1), 100u);
  CHECK_EQ(fixture.sent_by(2), 100u);
  CHECK(fixture.books_close());
}

TEST("a connection that was there before the capture is settled, however long its socket has been heard of") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.count(view);
  Counters counters;
  counters.sent = {114, 1, 100, 0, 114, 1};
  fixture.meter.charge_socket({0, tuple_of(view), fixture.owner(1), counters, kNow, false, 7, kNow - kNanosPerSecond});
  CHECK_EQ(fixture.sent_by(1), 114u);
  CHECK_EQ(fixture.recovered().bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("a listener's count changes nothing: its connections' flows have those packets") {
  Metered fixture;
  const PacketView view = sent_packet(IPPROTO_TCP, 80, 1000, 74);
  fixture.charge(1, unconnected(view), 74, 1);
  CHECK_EQ(fixture.sent_by(1), 0u);
  CHECK(fixture.books_close());
}

TEST("what is taken back before it finds its owner is not moved to him") {
  Metered fixture;
  const PacketView datagram = sent_packet(IPPROTO_UDP, 1000, 53, 142);
  fixture.charge(1, tuple_of(datagram), 284, 2);
  fixture.meter.tidy(0, kNow + 3 * kNanosPerSecond);
  CHECK_EQ(fixture.sent_by(1), 0u);
  Counters counted;
  counted.sent = {284, 2, 256, 0, 284, 2};
  fixture.meter.move_socket(0, fixture.owner(1), fixture.owner(2), counted);
  CHECK_EQ(fixture.sent_by(1), 0u);
  CHECK_EQ(fixture.sent_by(2), 0u);
  CHECK(fixture.books_close());
}

TEST("without capture the kernel's counts are the interface's") {
  Metered fixture;
  Vantage vantage = fixture.meter.interfaces()[0].vantage;
  vantage.captured = false;
  fixture.meter.set_vantage(0, vantage);
  const PacketView view = sent_packet(IPPROTO_TCP, 1000, 80, 114);
  fixture.charge(1, tuple_of(view), 114, 1);
  CHECK_EQ(fixture.sent_by(1), 114u);
  CHECK_EQ(fixture.meter.interfaces()[0].counters.sent.bytes, 114u);
  CHECK_EQ(fixture.recovered().bytes, 0u);
  CHECK(fixture.books_close());
}

TEST("a cut holds what was counted of the packets up to its moment") {
  Metered fixture;
  fixture.count(sent_packet(IPPROTO_UDP, 1, 2, 100, kNow));
  fixture.meter.begin_cut(0, kNow + 5);
  fixture.count(sent_packet(IPPROTO_UDP, 1, 2, 100, kNow + 5));
  CHECK(!fixture.meter.end_cut(0, false));
  fixture.count(sent_packet(IPPROTO_UDP, 1, 2, 100, kNow + 6));
  const auto cut = fixture.meter.end_cut(0, false);
  CHECK(cut.has_value());
  if (cut) CHECK_EQ(cut->sent.bytes, 200u);
  CHECK(!fixture.meter.end_cut(0, true));
}

TEST("a process that was found without the kernel's counts keeps its bytes when its socket is closed, or another's") {
  for (const bool taken_over : {false, true}) {
    Metered fixture;
    const PacketView view = sent_packet(254, 0, 0, 1034);
    fixture.count(view);
    const FlowId flow = fixture.ask()[0];
    fixture.bind(flow, 1, 10);
    taken_over ? fixture.bind(flow, 2, 20) : fixture.refuse(flow, Reason::kClosedPort);
    CHECK_EQ(fixture.sent_by(1), 1034u);
    fixture.count(view);
    CHECK_EQ(fixture.sent_by(1), 1034u);
    CHECK_EQ(fixture.sent_by(2), taken_over ? 1034u : 0u);
    CHECK(fixture.books_close());
  }
}
