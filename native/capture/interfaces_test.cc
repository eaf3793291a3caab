// Owns: tests of the interface monitor against a real kernel, in a network namespace of their own.
#include "native/capture/interfaces.h"

#include <arpa/inet.h>
#include <poll.h>

#include "native/capture/ethtool.h"
#include "native/dev/test.h"
#include "native/dev/test_network.h"

namespace nettrace {
namespace {

constexpr int kPatienceMs = 30'000;

const Interface* find(std::span<const Interface> all, const std::string& name) {
  for (const Interface& one : all) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

/// Waits for events until `condition` holds.
template <typename Condition>
bool await(InterfaceMonitor& monitor, Condition&& condition) {
  while (!condition()) {
    pollfd one{monitor.fd(), POLLIN, 0};
    if (::poll(&one, 1, kPatienceMs) <= 0) return false;
    if (!monitor.update()) return false;
  }
  return true;
}

void life_of_an_interface() {
  auto opened = InterfaceMonitor::open();
  CHECK(opened.ok());
  if (!opened) return;
  InterfaceMonitor& monitor = *opened.value();
  CHECK_EQ(monitor.interfaces().size(), 1U);
  CHECK(monitor.interfaces()[0].loopback && !monitor.interfaces()[0].up);
  CHECK(!monitor.update().value());

  test::Network network;
  network.add_pair("left", "right");
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "left") != nullptr; }));
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "right") != nullptr; }));
  const uint32_t index = find(monitor.interfaces(), "left")->index;
  CHECK_EQ(find(monitor.interfaces(), "left")->kind, std::string("veth"));
  CHECK_EQ(find(monitor.interfaces(), "left")->link_index, find(monitor.interfaces(), "right")->index);
  CHECK(find(monitor.interfaces(), "left")->mac != 0);
  CHECK_EQ(find(monitor.interfaces(), "left")->mtu, 1500U);

  network.rename("left", "uplink");
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "uplink") != nullptr; }));
  CHECK(find(monitor.interfaces(), "left") == nullptr);
  CHECK_EQ(find(monitor.interfaces(), "uplink")->index, index);

  network.add_address("uplink", 0x0a09'0801, 24);
  CHECK(await(monitor, [&] { return !find(monitor.interfaces(), "uplink")->addresses.empty(); }));
  CHECK_EQ(find(monitor.interfaces(), "uplink")->addresses[0].address.text(), std::string("10.9.8.1"));
  CHECK_EQ(find(monitor.interfaces(), "uplink")->addresses[0].prefix_length, 24);

  network.set_up("uplink", true);
  network.set_up("right", true);
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "uplink")->running; }));

  const auto listed = list_interfaces();
  CHECK(listed.ok() && listed.value().size() == 3);

  network.remove("uplink");
  CHECK(await(monitor, [&] { return monitor.interfaces().size() == 1; }));
}

void counters_of_loopback() {
  test::Network network;
  network.set_up("lo", true);
  auto opened = InterfaceMonitor::open();
  CHECK(opened.ok());
  if (!opened) return;
  InterfaceMonitor& monitor = *opened.value();
  const InterfaceCounters before = monitor.interfaces()[0].counters;
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string payload(100, 'x');
  CHECK_EQ(sendto(socket.get(), payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&target), sizeof target),
           100);
  CHECK(monitor.refresh_counters().ok());
  // The datagram, and the ICMP answer that nobody listens there.
  CHECK_EQ(monitor.interfaces()[0].counters.tx_packets - before.tx_packets, 2U);
  // Loopback counts without the Ethernet header that a capture shows (drivers/net/loopback.c).
  CHECK_EQ(monitor.interfaces()[0].counters.tx_bytes - before.tx_bytes, 128U + 156U);
}

void more_events_than_the_buffer_holds() {
  auto opened = InterfaceMonitor::open();
  CHECK(opened.ok());
  if (!opened) return;
  InterfaceMonitor& monitor = *opened.value();
  const int small = 1;  // the kernel's minimum: a few messages
  CHECK_EQ(setsockopt(monitor.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  test::Network network;
  network.add_pair("left", "right");
  for (int i = 0; i < 20; ++i) network.rename(i % 2 == 0 ? "left" : "other", i % 2 == 0 ? "other" : "left");
  network.rename("left", "last");
  network.rename("right", "peer");
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "peer") != nullptr; }));
  CHECK(find(monitor.interfaces(), "last") != nullptr);
  CHECK_EQ(monitor.interfaces().size(), 3U);
}

void local_networks() {
  test::Network network;
  network.set_up("lo", true);
  network.local_route(true, "lo", 0xc000'0200, 24);
  auto opened = InterfaceMonitor::open();
  CHECK(opened.ok());
  if (!opened) return;
  InterfaceMonitor& monitor = *opened.value();
  const LocalPrefix first{IpAddress::v4(0xc000'0200), 24};
  const LocalPrefix second{IpAddress::v4(0xcb00'7109), 32};
  CHECK_EQ(monitor.local_prefixes().size(), 1U);
  CHECK(monitor.local_prefixes()[0] == first);

  network.local_route(true, "lo", 0, 0, 100);  // a transparent proxy's, for the packets that it marks
  network.add_pair("left", "right");
  network.add_address("left", 0x0a09'0801, 24);
  network.set_up("left", true);
  network.local_route(true, "left", 0xcb00'7109, 32);
  CHECK(await(monitor, [&] { return monitor.local_prefixes().size() == 2; }));
  CHECK(monitor.local_prefixes()[0] == first && monitor.local_prefixes()[1] == second);
  network.local_route(false, "lo", 0xc000'0200, 24);
  CHECK(await(monitor, [&] { return monitor.local_prefixes().size() == 1; }));
  CHECK(monitor.local_prefixes()[0] == second);
  network.remove("left");  // the kernel tells of no route then
  CHECK(await(monitor, [&] { return monitor.local_prefixes().empty(); }));
}

void speed_of_a_pair() {
  test::Network network;
  network.add_pair("left", "right");
  network.set_up("left", true);
  network.set_up("right", true);
  auto opened = InterfaceMonitor::open();
  CHECK(opened.ok());
  if (!opened) return;
  InterfaceMonitor& monitor = *opened.value();
  CHECK(await(monitor, [&] { return find(monitor.interfaces(), "left")->running; }));
  CHECK_EQ(find(monitor.interfaces(), "left")->link_speed, 0U);
  const Ethtool ethtool;
  CHECK_EQ(ethtool.link_speed("left"), 10'000'000'000U);  // drivers/net/veth.c, veth_get_link_ksettings
  CHECK_EQ(ethtool.link_speed("lo"), 0U);
  CHECK_EQ(ethtool.link_speed("none"), 0U);
  CHECK_EQ(ethtool.driver("left"), std::string("veth"));
}

}  // namespace

TEST("drivers say the speed of a link; the one that veth makes up is nobody's") {
  if (!test::in_own_network(&speed_of_a_pair)) SKIP("no right to make a network namespace");
}

TEST("networks that a local route makes this host's are known from the beginning, come and go") {
  if (!test::in_own_network(&local_networks)) SKIP("no right to make a network namespace");
}

TEST("an interface is seen to come, be renamed, get an address, run and vanish") {
  if (!test::in_own_network(&life_of_an_interface)) SKIP("no right to make a network namespace");
}

TEST("counters are read on request") {
  if (!test::in_own_network(&counters_of_loopback)) SKIP("no right to make a network namespace");
}

TEST("lost events are repaired by reading everything anew") {
  if (!test::in_own_network(&more_events_than_the_buffer_holds)) SKIP("no right to make a network namespace");
}

}  // namespace nettrace
