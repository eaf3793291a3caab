// Owns: tests of which addresses count as this host's.
#include "native/flow/local_addresses.h"

#include <arpa/inet.h>

#include "native/dev/test.h"

namespace nettrace {
namespace {

IpAddress ip(const char* text) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return IpAddress::v4_bytes(bytes);
  return inet_pton(AF_INET6, text, bytes) == 1 ? IpAddress::v6_bytes(bytes) : IpAddress{};
}

LocalAddresses host() {
  LocalAddresses set;
  const AssignedAddress eth0[] = {
      {ip("192.168.1.10"), 24, ip("192.168.1.255")}, {ip("2001:db8::10"), 64, {}}, {ip("fe80::1"), 64, {}}};
  const AssignedAddress eth1[] = {{ip("10.1.2.3"), 20, {}}, {ip("fe80::2"), 64, {}}};
  set.add(eth0, 2);
  set.add(eth1, 3);
  return set;
}

}  // namespace

TEST("all addresses of a local network are local, those beside it and of the other family are not") {
  LocalAddresses set = host();
  set.add({ip("192.0.2.0"), 24});
  set.add({ip("198.51.100.64"), 26});
  set.add({ip("203.0.113.9"), 32});
  set.add({ip("2001:db8:5::"), 48});
  CHECK(set.is_local(ip("192.0.2.0")));
  CHECK(set.is_local(ip("192.0.2.255"), 7));
  CHECK(set.is_local(ip("198.51.100.127")));
  CHECK(!set.is_local(ip("198.51.100.128")));
  CHECK(set.is_local(ip("203.0.113.9")));
  CHECK(!set.is_local(ip("203.0.113.8")));
  CHECK(set.is_local(ip("2001:db8:5:1::7")));
  CHECK(!set.is_local(ip("2001:db8:6::7")));
  CHECK(!set.is_local(ip("192.0.3.1")));
  CHECK(set.is_for_this_host(ip("192.0.2.77")));
  set.add({ip("::"), 0});
  CHECK(set.is_local(ip("2001:db8:6::7")));
  CHECK(!set.is_local(ip("192.0.3.1")));
}

TEST("assigned addresses and all of loopback are local, neighbours are not") {
  const LocalAddresses set = host();
  CHECK(set.is_local(ip("192.168.1.10")));
  CHECK(set.is_local(ip("2001:db8::10"), 3));
  CHECK(set.is_local(ip("127.0.0.1")));
  CHECK(set.is_local(ip("127.255.1.2")));
  CHECK(set.is_local(ip("::1")));
  CHECK(!set.is_local(ip("192.168.1.11")));
  CHECK(!set.is_local(ip("2001:db8::11")));
  CHECK(!set.is_local(ip("::")));
  CHECK(!set.is_local(ip("0.0.0.0")));
  CHECK(!set.is_local(ip("128.0.0.1")));
}

TEST("a link-local address is local on its own interface only") {
  const LocalAddresses set = host();
  CHECK(set.is_local(ip("fe80::1"), 2));
  CHECK(!set.is_local(ip("fe80::1"), 3));
  CHECK(set.is_local(ip("fe80::1"), 0));
  CHECK(!set.is_local(ip("fe80::3"), 0));
}

TEST("broadcast addresses are those set, those of the network, and the limited one") {
  const LocalAddresses set = host();
  CHECK(set.is_broadcast(ip("192.168.1.255")));
  CHECK(set.is_broadcast(ip("10.1.15.255")));
  CHECK(set.is_broadcast(ip("255.255.255.255")));
  CHECK(!set.is_broadcast(ip("10.1.2.255")));
  CHECK(!set.is_broadcast(ip("192.168.1.10")));
  LocalAddresses narrow;
  const AssignedAddress point[] = {{ip("10.0.0.0"), 31, {}}, {ip("10.9.9.9"), 32, {}}};
  narrow.add(point, 1);
  CHECK(!narrow.is_broadcast(ip("10.0.0.1")));
  CHECK(!narrow.is_broadcast(ip("10.9.9.9")));
}

TEST("packets to local, broadcast and multicast addresses are for this host") {
  const LocalAddresses set = host();
  for (const char* text : {"192.168.1.10", "192.168.1.255", "224.0.0.251", "ff02::1", "255.255.255.255", "::1"}) {
    CHECK(set.is_for_this_host(ip(text), 2));
  }
  CHECK(!set.is_for_this_host(ip("8.8.8.8"), 2));
  CHECK(!set.is_for_this_host(ip("fe80::2"), 2));
}

TEST("thousands of addresses are all found and nothing else is") {
  LocalAddresses set;
  std::vector<AssignedAddress> many;
  for (uint32_t i = 0; i < 10'000; ++i) many.push_back({IpAddress::v4(0x0a00'0000 + i * 2), 32, {}});
  set.add(many, 1);
  set.add(many, 2);
  CHECK_EQ(set.size(), 10'000U);
  size_t found = 0;
  for (uint32_t i = 0; i < 20'000; ++i) found += set.is_local(IpAddress::v4(0x0a00'0000 + i)) ? 1 : 0;
  CHECK_EQ(found, 10'000U);
}

}  // namespace nettrace
