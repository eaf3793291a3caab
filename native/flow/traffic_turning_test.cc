// Owns: tests of sockets whose address is none of this host's: what they move is theirs, and does not pass through.
#include <netinet/in.h>

#include "native/dev/test.h"
#include "native/flow/metered_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

const IpAddress kForeign = IpAddress::v4(0x0a63'4d05);

/// Sent by this host, with an address that it does not have.
PacketView foreign_packet(uint8_t protocol, uint16_t local, uint16_t remote, uint32_t length, int64_t time_ns = kNow) {
  PacketView view = sent_packet(protocol, local, remote, length, time_ns);
  view.source = kForeign;
  return view;
}

/// The answer to it.
PacketView answer_to(const PacketView& sent) {
  PacketView view = sent;
  std::swap(view.source, view.destination);
  std::swap(view.source_port, view.destination_port);
  std::swap(view.source_mac, view.destination_mac);
  return view;
}

FiveTuple bound(const PacketView& view) {
  return {{view.source, view.source_port}, {}, view.protocol};
}

}  // namespace

TEST("what a connected socket with a foreign address sent before it was known is its process's, once") {
  Metered m;
  const PacketView view = foreign_packet(IPPROTO_UDP, 4444, 7000, 1000);
  m.count(view);
  m.count(answer_to(view));
  CHECK_EQ(m.of(Reason::kForwardedPacket).sent.bytes, 1000u);
  m.charge(1, tuple_of(view), 1000, 1);
  m.meter.own_socket(tuple_of(view), 0, m.owner(1), 0, kNow);
  CHECK_EQ(m.sent_by(1), 1000u);
  CHECK_EQ(m.of_process(1, 10).received.bytes, 1000u);
  CHECK(m.of(Reason::kForwardedPacket) == Counters());
  CHECK_EQ(m.recovered().bytes, 0u);
  CHECK_EQ(m.meter.table().size(), 1u);
  m.count(view);
  m.charge(1, tuple_of(view), 1000, 1);
  CHECK_EQ(m.sent_by(1), 2000u);
  CHECK_EQ(m.meter.table().size(), 1u);
  CHECK(m.books_close());
}

TEST(
    "what the kernel counted for a socket bound to a foreign address meets the packets that came before it was known") {
  Metered m;
  const PacketView view = foreign_packet(IPPROTO_UDP, 4444, 7000, 1000);
  m.count(view);
  const FlowId flow = m.ask().at(0);
  m.charge(1, bound(view), 2000, 2);  // which flow that is for it does not say
  CHECK_EQ(m.sent_by(1), 2000u);
  const FlowId turned = m.meter.claim(flow, tuple_of(view), false, true);
  m.meter.bind_metered(turned, m.owner(1), 0);
  CHECK_EQ(m.sent_by(1), 2000u);
  CHECK_EQ(m.recovered().bytes, 1000u);
  m.count(foreign_packet(IPPROTO_UDP, 4444, 7000, 1000));
  m.count(foreign_packet(IPPROTO_UDP, 4444, 7001, 500));  // to somebody else
  m.charge(1, bound(view), 500, 1);
  m.meter.tidy(kNow, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(m.sent_by(1), 2500u);
  CHECK(m.of(Reason::kForwardedPacket) == Counters());
  CHECK_EQ(m.recovered().bytes, 0u);
  CHECK(m.books_close());
}

TEST("a TCP connection from a foreign address that the kernel counted first has all of its bytes once") {
  Metered m;
  PacketView view = foreign_packet(IPPROTO_TCP, 4444, 80, 1000);
  view.tcp_flags = tcp_flag::kAck;
  m.charge(1, tuple_of(view), 3000, 3);
  m.count(view);
  m.meter.own_socket(tuple_of(view), 1, m.owner(1), kNow - kNanosPerMilli, kNow);
  m.count(view);
  m.count(answer_to(view));
  m.count(view);
  m.meter.tidy(kNow, kNow + 10 * kNanosPerSecond);
  CHECK_EQ(m.sent_by(1), 3000u);
  CHECK_EQ(m.of_process(1, 10).received.bytes, 1000u);
  CHECK(m.of(Reason::kForwardedPacket) == Counters());
  CHECK(m.books_close());
}

TEST("a connection that had ended before its socket was known is one that has ended") {
  Metered m;
  PacketView view = foreign_packet(IPPROTO_TCP, 4444, 80, 1000);
  view.tcp_flags = tcp_flag::kRst;
  m.count(view);
  m.charge(1, tuple_of(view), 1000, 1);
  m.meter.own_socket(tuple_of(view), 1, m.owner(1), kNow - kNanosPerMilli, kNow);
  CHECK(m.books_close());
  m.meter.tidy(kNow, kNow + 200 * kNanosPerSecond);
  CHECK_EQ(m.meter.table().size(), 0u);
  CHECK(m.books_close());
}

TEST("the packets of a proxy's two sockets, one to each side with the same ends, are each socket's own") {
  Metered m;
  m.meter.add_interface({3, 3, kOwnMac, false, false});
  const PacketView out = foreign_packet(IPPROTO_TCP, 4444, 80, 1000);
  PacketView in = out;  // from the client, who is given the server's address to talk to
  std::swap(in.source_mac, in.destination_mac);
  const FiveTuple to_server = tuple_of(out);
  const FiveTuple to_client{to_server.remote, to_server.local, IPPROTO_TCP};
  m.count(out);
  m.meter.count(1, {&in, 1});
  m.meter.own_socket(to_server, 1, m.owner(1), 0, kNow);
  m.meter.own_socket(to_client, 2, m.owner(2), 0, kNow);
  CHECK_EQ(m.sent_by(1), 1000u);
  CHECK_EQ(m.of_process(1, 10).received.bytes, 0u);
  CHECK_EQ(m.of_process(2, 20).received.bytes, 1000u);
  CHECK_EQ(m.sent_by(2), 0u);
  CHECK(m.books_close());
}

TEST("a raw socket's packets from a foreign address are its process's, and later ones follow") {
  Metered m;
  const PacketView view = foreign_packet(IPPROTO_UDP, 5555, 9999, 534);
  m.count(view);
  const FlowId flow = m.ask().at(0);
  const FlowId same = m.meter.claim(flow, tuple_of(view), true, false);
  CHECK(same == flow);
  m.meter.bind_metered(same, m.owner(1), kNow + kNanosPerSecond);
  m.count(view);
  CHECK_EQ(m.sent_by(1), 1068u);
  CHECK(m.books_close());
}

TEST("what comes a minute after the end of a socket with a foreign address passes through again") {
  Metered m;
  const PacketView view = foreign_packet(IPPROTO_UDP, 4444, 7000, 1000);
  m.meter.own_socket(bound(view), 0, m.owner(1), 0, kNow);
  m.count(view);
  CHECK(m.of(Reason::kForwardedPacket) == Counters());
  m.meter.close_socket(bound(view), kNow + 60 * kNanosPerSecond);
  m.meter.tidy(kNow, kNow + 61 * kNanosPerSecond);
  m.count(foreign_packet(IPPROTO_UDP, 4444, 7001, 1000));
  CHECK_EQ(m.of(Reason::kForwardedPacket).sent.bytes, 1000u);
}

TEST("a flow that passes through with the ports of a foreign address's socket, but to another host, still does") {
  Metered m;
  const PacketView view = foreign_packet(IPPROTO_TCP, 443, 4000, 1000);
  m.meter.own_socket(tuple_of(view), 1, m.owner(1), 0, kNow);
  m.count(foreign_packet(IPPROTO_TCP, 443, 4001, 700));
  CHECK_EQ(m.of(Reason::kForwardedPacket).sent.bytes, 700u);
  m.count(view);
  CHECK_EQ(m.of(Reason::kForwardedPacket).sent.bytes, 700u);
}
