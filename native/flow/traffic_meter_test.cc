// Tests: counting packets into flows and books.
#include <random>

#include "native/dev/test.h"
#include "native/flow/meter_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

TEST("bytes wait as pending and move to the owner when it becomes known") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 1));
  fixture.count(reply(packet(IPPROTO_TCP, 1000, 80, 60)));
  CHECK_EQ(fixture.of(Reason::kPending).bytes(), uint64_t{134});
  const auto flows = fixture.ask();
  CHECK_EQ(flows.size(), size_t{1});
  fixture.learn(7, 70);
  fixture.bind(flows[0], 7, 70);
  CHECK_EQ(fixture.of(Reason::kPending).bytes(), uint64_t{0});
  CHECK_EQ(fixture.of_process(7, 70).sent.bytes, uint64_t{74});
  CHECK_EQ(fixture.of_process(7, 70).received.bytes, uint64_t{60});
  fixture.count(packet(IPPROTO_TCP, 1000, 80, 1000));
  CHECK_EQ(fixture.of_process(7, 70).sent.bytes, uint64_t{1074});
  CHECK(fixture.books_close());
}

TEST("a super-frame counts as its segments everywhere, and as one frame beside them") {
  MeterFixture fixture;
  PacketView super = packet(IPPROTO_TCP, 1000, 80, 10'066);
  super.segments = 7;
  super.wire_length = 10'000 + 7 * 66;
  fixture.count(super);
  fixture.count(reply(packet(IPPROTO_TCP, 1000, 80, 60)));
  PacketView arp;
  arp.frame_length = 42;
  arp.wire_length = 46;  // with a tag that the kernel kept beside the frame
  arp.outcome = Outcome::kArp;
  fixture.count(arp);
  const InterfaceTraffic& traffic = fixture.meter.interfaces()[0];
  CHECK_EQ(traffic.counters.received.bytes, uint64_t{106});
  CHECK_EQ(traffic.counters.received.packets, uint64_t{2});
  CHECK_EQ(traffic.counters.received.frame_bytes, uint64_t{102});
  CHECK_EQ(traffic.counters.received.frames, uint64_t{2});
  CHECK_EQ(traffic.counters.sent.bytes, uint64_t{10'462});
  CHECK_EQ(traffic.counters.sent.packets, uint64_t{7});
  CHECK_EQ(traffic.counters.sent.frame_bytes, uint64_t{10'066});
  CHECK_EQ(traffic.counters.sent.frames, uint64_t{1});
  CHECK_EQ(traffic.frames, uint64_t{3});
  CHECK_EQ(fixture.of(Reason::kPending).received.bytes, uint64_t{60});
  CHECK_EQ(fixture.of(Reason::kPending).sent.bytes, uint64_t{10'462});
  CHECK(fixture.books_close());
}

TEST("the same ports with another SYN are another connection, whose owner is asked for anew") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 1));
  const auto first = fixture.ask();
  fixture.learn(7, 70);
  fixture.bind(first[0], 7, 70);
  fixture.count(syn(1000, 80, 999));
  const auto second = fixture.ask();
  CHECK_EQ(second.size(), size_t{1});
  fixture.learn(8, 80);
  fixture.bind(second[0], 8, 80);
  fixture.count(packet(IPPROTO_TCP, 1000, 80, 500));
  CHECK_EQ(fixture.of_process(7, 70).bytes(), uint64_t{74});
  CHECK_EQ(fixture.of_process(8, 80).bytes(), uint64_t{574});
  CHECK(fixture.books_close());
}

TEST("a connection that has ended is none of its owner's flows, and goes with its owner") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 1));
  fixture.count(syn(1001, 80, 1));
  const auto asked = fixture.ask();
  PacketView reset = reply(packet(IPPROTO_TCP, 1000, 80, 40));
  reset.tcp_flags = tcp_flag::kRst;
  fixture.count(reset);
  fixture.count(reset);
  const Owner& pending = fixture.meter.ledger().owner(Ledger::reason_owner(Reason::kPending));
  CHECK_EQ(pending.flows, 1U);
  CHECK_EQ(pending.ended_flows, 1U);
  fixture.learn(7, 70);
  for (const FlowId id : asked) fixture.bind(id, 7, 70);
  OwnerSlot slot = 0;
  CHECK(fixture.meter.ledger().find_process({7, 70}, slot));
  CHECK_EQ(fixture.meter.ledger().owner(slot).flows, 1U);
  CHECK_EQ(fixture.meter.ledger().owner(slot).ended_flows, 1U);
  CHECK_EQ(fixture.meter.ledger().owner(Ledger::reason_owner(Reason::kPending)).ended_flows, 0U);
}

TEST("a SYN that is sent again does not open another connection") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 5));
  fixture.count(syn(1000, 80, 5));
  CHECK_EQ(fixture.meter.table().created(), uint64_t{1});
}

TEST("a verdict for a connection that has been replaced is not applied") {
  MeterFixture fixture;
  fixture.count(syn(1000, 80, 1));
  const auto first = fixture.ask();
  fixture.count(syn(1000, 80, 2));
  fixture.learn(7, 70);
  fixture.bind(first[0], 7, 70);
  CHECK_EQ(fixture.of_process(7, 70).bytes(), uint64_t{0});
  CHECK(fixture.books_close());
}

TEST("loopback traffic is charged to the sender and to the receiver, once each") {
  MeterFixture fixture(1024, {1, 1, 0, true, false});
  PacketView view = packet(IPPROTO_TCP, 1000, 80, 100);
  view.source = view.destination = IpAddress::v4(0x7f000001);
  fixture.count(view);
  CHECK_EQ(fixture.meter.table().size(), size_t{2});
  CHECK_EQ(fixture.meter.interfaces()[0].counters.sent.bytes, uint64_t{100});
  CHECK_EQ(fixture.meter.interfaces()[0].counters.received.bytes, uint64_t{100});
  CHECK_EQ(fixture.meter.interfaces()[0].frames, uint64_t{1});
  CHECK(fixture.books_close());
}

TEST("later fragments count to the flow of the first, also on loopback and when they came before it") {
  for (const bool loopback : {false, true}) {
    MeterFixture fixture(1024, {2, 2, loopback ? 0 : kOwnMac, loopback, false});
    PacketView first = packet(IPPROTO_UDP, 1000, 53, 1514);
    first.fragment = FragmentKind::kFirst;
    first.fragment_id = 77;
    PacketView later = packet(IPPROTO_UDP, 0, 0, 600);
    later.fragment = FragmentKind::kLater;
    later.fragment_id = 77;
    later.has_transport = false;
    fixture.count(later);
    CHECK_EQ(fixture.of(Reason::kFragment).bytes(), uint64_t{loopback ? 1200U : 600U});
    fixture.count(first);
    fixture.count(later);
    CHECK_EQ(fixture.of(Reason::kFragment).bytes(), uint64_t{0});
    for (const FlowId id : fixture.ask()) CHECK_EQ(fixture.meter.flow(id)->counters.bytes(), uint64_t{2714});
    CHECK_EQ(fixture.meter.table().size(), size_t{loopback ? 2U : 1U});
    CHECK(fixture.books_close());
  }
}

TEST("datagrams whose fragments come between each other's do not lose any") {
  MeterFixture fixture;
  const auto fragment = [](FragmentKind kind, uint32_t id) {
    PacketView part = packet(IPPROTO_UDP, 1000, 53, 1000);
    part.fragment = kind;
    part.fragment_id = id;
    part.has_transport = kind == FragmentKind::kFirst;
    return part;
  };
  for (uint32_t id = 0; id < 256; ++id) fixture.count(fragment(FragmentKind::kFirst, id));
  for (uint32_t id = 0; id < 256; ++id) fixture.count(fragment(FragmentKind::kLater, id));
  CHECK_EQ(fixture.of(Reason::kFragment).packets(), uint64_t{0});
  CHECK(fixture.books_close());
}

TEST("a later fragment whose first never came stays unattributed with its reason") {
  MeterFixture fixture;
  PacketView later = reply(packet(IPPROTO_UDP, 0, 0, 600));
  later.fragment = FragmentKind::kLater;
  later.fragment_id = 5;
  fixture.count(later);
  CHECK_EQ(fixture.of(Reason::kFragment).received.bytes, uint64_t{600});
  CHECK_EQ(fixture.meter.table().size(), size_t{0});
}

TEST("in a capture file both directions are one flow, and its first sender counts as local") {
  MeterFixture fixture(1024, {0, 0, 0, false, true});
  for (const bool low_first : {true, false}) {
    PacketView view = syn(low_first ? 1000 : 2000, 80, 1);
    if (!low_first) view = reply(view);
    fixture.count(view);
    fixture.count(reply(view));
    fixture.count(reply(view));
  }
  CHECK_EQ(fixture.meter.table().size(), size_t{2});
  CHECK_EQ(fixture.meter.interfaces()[0].counters.sent.packets, uint64_t{2});
  CHECK_EQ(fixture.meter.interfaces()[0].counters.received.packets, uint64_t{4});
  CHECK_EQ(fixture.of(Reason::kOffline).packets(), uint64_t{6});
  CHECK(fixture.ask().empty());
  CHECK(fixture.books_close());
}

TEST("a flood of distinct flows keeps the table bounded and every byte in the books") {
  MeterFixture fixture(2000);
  for (uint32_t n = 0; n < 100'000; ++n) {
    PacketView view = reply(syn(static_cast<uint16_t>(n % 50'000), 80, n));
    view.source = IpAddress::v4(0x0b000000 + n);
    fixture.count(view);
  }
  CHECK_EQ(fixture.meter.table().size(), size_t{2000});
  CHECK_EQ(fixture.meter.interfaces()[0].counters.received.bytes, uint64_t{7'400'000});
  CHECK_EQ(fixture.of(Reason::kTableFull).packets(), uint64_t{98'000});
  CHECK_EQ(fixture.meter.table_drops(), uint64_t{98'000});
  CHECK(fixture.books_close());
}

TEST("random traffic, verdicts, exits, expiry and folding never break the books") {
  MeterFixture fixture(500);
  fixture.meter.add_interface({1, 1, 0, true, false});
  std::mt19937 random(7);
  int64_t now = 1'000'000'000;
  std::vector<FlowId> asked;
  for (int step = 0; step < 60'000; ++step) {
    now += random() % 50'000'000;
    PacketView view = packet(random() % 2 == 0 ? IPPROTO_TCP : IPPROTO_UDP, static_cast<uint16_t>(random() % 40),
                             static_cast<uint16_t>(random() % 40), random() % 1500);
    view.timestamp_ns = now;
    view.tcp_flags = static_cast<uint8_t>(random() % 32);
    view.tcp_sequence = random() % 3;
    if (random() % 10 == 0) view.ip_version = 0;
    if (random() % 8 == 0) {
      view.fragment = random() % 2 == 0 ? FragmentKind::kFirst : FragmentKind::kLater;
      view.fragment_id = random() % 5;
    }
    if (random() % 2 == 0) view = reply(view);
    if (random() % 9 == 0) view.source = view.destination = IpAddress::v4(0x08080808);
    fixture.meter.count(random() % 4 == 0 ? 1 : 0, {&view, 1});
    const uint32_t pid = random() % 20 + 1;
    const uint64_t start = static_cast<uint64_t>(step) / 2000;
    if (random() % 5 == 0) {
      fixture.meter.take_unresolved(10, asked);
      fixture.meter.take_due_checks(now, 10, asked);
      fixture.learn(pid, start, now / 1'000'000 - (random() % 2 == 0 ? 10'000 : -10'000));
    }
    while (asked.size() > 20) {
      const size_t i = random() % asked.size();
      if (random() % 2 == 0) {
        fixture.bind(asked[i], pid, start, random() % 2 == 0);
      } else {
        fixture.refuse(asked[i], static_cast<Reason>(random() % 2 == 0 ? 2 : 5), random() % 2 == 0);
      }
      asked.erase(asked.begin() + static_cast<long>(i));
    }
    if (random() % 50 == 0) fixture.meter.end_process({pid, start}, now, now);
    if (random() % 500 == 0) fixture.meter.tidy(now + 200'000'000'000, now);
    if (step % 500 == 0) CHECK(fixture.books_close());
  }
  CHECK(fixture.books_close());
}
