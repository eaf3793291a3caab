// Tests: packets that cross two captured interfaces are the owner's once, and in the books of both.
#include "native/base/clock.h"
#include "native/dev/test.h"
#include "native/flow/meter_fixture.h"

using namespace nettrace;
using namespace nettrace::test;

namespace {

constexpr uint64_t kChildMac = 0x020000000009;
constexpr InterfaceSlot kLower = 0;
constexpr InterfaceSlot kUpper = 1;

/// Two captured interfaces, the second above the first.
struct Crossing : MeterFixture {
  explicit Crossing(const Vantage& lower, uint64_t upper_mac = kOwnMac) : MeterFixture(1024, lower) {
    meter.add_interface({3, 3, upper_mac, false, false});
  }
  void cross(PacketView view) {
    meter.count(kLower, {&view, 1});
    view.vlan_id = 0;
    meter.count(kUpper, {&view, 1});
  }
  /// Bytes that count for the owners, or that are repeated, of what crossed an interface.
  uint64_t bytes(InterfaceSlot interface, bool repeated) const {
    uint64_t sum = 0;
    for (const Account& account : meter.ledger().accounts()) {
      if (account.used && account.interface == interface && account.view.repeated == repeated)
        sum += account.counters.bytes();
    }
    return sum;
  }
  /// What crossed both counts on `charged` alone; the books of both close.
  bool counts_once_on(InterfaceSlot charged) const {
    const InterfaceSlot other = charged == kLower ? kUpper : kLower;
    return bytes(charged, false) == 200 && bytes(charged, true) == 0 && bytes(other, true) == 200 &&
           bytes(other, false) == 0 && books_close();
  }
};

Vantage lower_vantage() {
  return {2, 2, kOwnMac, false, false};
}
/// From and to a host outside, through this one.
PacketView passing() {
  PacketView view = packet(IPPROTO_UDP, 1000, 53);
  view.source = IpAddress::v4(0x0a000105);
  view.destination = IpAddress::v4(0x0a000206);
  view.destination_mac = kOwnMac;
  view.source_mac = kPeerMac;
  return view;
}

TEST("what is for this host and crosses a port counts on the captured bridge above it") {
  Vantage port = lower_vantage();
  port.stack_index = 3;
  port.under_captured = true;
  Crossing fixture(port);
  fixture.cross(reply(packet(IPPROTO_UDP, 7000, 9)));
  fixture.cross(packet(IPPROTO_UDP, 7000, 9));
  CHECK(fixture.counts_once_on(kUpper));
}

TEST("the tagged packets of a captured VLAN count there, untagged ones on the device below") {
  Vantage device = lower_vantage();
  device.vlans_captured = true;
  Crossing fixture(device);
  PacketView tagged = packet(IPPROTO_UDP, 7000, 9);
  tagged.vlan_id = 12;
  fixture.cross(tagged);
  PacketView answer = reply(packet(IPPROTO_UDP, 7000, 9));
  answer.vlan_id = 12;
  fixture.cross(answer);
  CHECK(fixture.counts_once_on(kUpper));
  fixture.count(packet(IPPROTO_UDP, 7001, 9));
  CHECK_EQ(fixture.bytes(kLower, false), uint64_t{100});
}

TEST("what a captured macvlan device sends and gets counts there, not on the device below; its neighbours' does not") {
  Vantage parent = lower_vantage();
  parent.captured_children = {kChildMac};
  Crossing fixture(parent, kChildMac);
  PacketView out = packet(IPPROTO_UDP, 7000, 9);
  out.source_mac = kChildMac;
  fixture.cross(out);
  fixture.cross(reply(out));
  CHECK(fixture.counts_once_on(kUpper));
  fixture.count(packet(IPPROTO_UDP, 7001, 9));
  CHECK_EQ(fixture.bytes(kLower, false), uint64_t{100});
}

TEST("what passes through counts where it was seen first, but on a port rather than on its bridge") {
  for (const bool bridge : {false, true}) {
    for (const bool upper_first : {false, true}) {
      Vantage lower = lower_vantage();
      if (bridge) lower.stack_index = 3;
      Crossing fixture(lower);
      for (int i = 0; i < 2; ++i) {
        const PacketView view = passing();
        fixture.meter.count(upper_first ? kUpper : kLower, {&view, 1});
        fixture.meter.count(upper_first ? kLower : kUpper, {&view, 1});
      }
      CHECK(fixture.counts_once_on(upper_first && !bridge ? kUpper : kLower));
    }
  }
}

}  // namespace

TEST("an interface that is gone is left once it has no flows, and looked at again when it is back") {
  Crossing fixture(lower_vantage());
  const Vantage upper = fixture.meter.interfaces()[kUpper].vantage;
  PacketView view = reply(packet(IPPROTO_UDP, 7000, 9));
  fixture.meter.count(kUpper, {&view, 1});
  CHECK(!fixture.meter.leave_interface(kUpper));
  CHECK(fixture.meter.slot_of(3).has_value());
  fixture.meter.tidy(0, view.timestamp_ns + 200 * kNanosPerSecond);
  CHECK_EQ(fixture.meter.table().size_on(kUpper), 0u);
  CHECK(fixture.meter.leave_interface(kUpper));
  CHECK(!fixture.meter.slot_of(3).has_value());
  CHECK(fixture.books_close());
  fixture.meter.set_vantage(kUpper, upper);
  CHECK(fixture.meter.slot_of(3) == std::optional<InterfaceSlot>(kUpper));
  fixture.meter.set_vantage(kUpper, upper);
  CHECK(fixture.meter.leave_interface(kUpper));
  CHECK(fixture.meter.slot_of(2) == std::optional<InterfaceSlot>(kLower));
}
