// Owns: tests of matching a tuple against listed sockets as the kernel does.
// Knows nothing of: dumps.
#include "native/host/socket_table.h"

#include <netinet/in.h>

#include <algorithm>

#include "native/dev/test.h"

namespace {

using namespace nettrace;

const IpAddress kAny4 = IpAddress::v4(0);
const IpAddress kAny6{};
const IpAddress kHost = IpAddress::v4(0x0a000001);
const IpAddress kHost6 = [] {
  IpAddress address;
  address.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return address;
}();

SocketRecord bound(uint32_t inode, const IpAddress& address, uint16_t port, bool v6 = false) {
  SocketRecord record;
  record.inode = inode;
  record.local = {address, port};
  record.remote.address = v6 ? kAny6 : kAny4;
  record.protocol = IPPROTO_UDP;
  record.v6 = v6;
  return record;
}

SocketTable table(std::vector<SocketRecord> records) {
  SocketTable one(4711);
  one.records() = std::move(records);
  one.index();
  return one;
}

std::vector<uint32_t> inodes(const std::vector<const SocketRecord*>& found) {
  std::vector<uint32_t> result;
  for (const SocketRecord* record : found) result.push_back(record->inode);
  std::sort(result.begin(), result.end());
  return result;
}
std::vector<uint32_t> bound_to(const SocketTable& one, const Endpoint& local, uint32_t interface = 0) {
  std::vector<const SocketRecord*> found;
  one.bound(local, interface, found);
  return inodes(found);
}
std::vector<uint32_t> best_for(const SocketTable& one, const Endpoint& local, uint32_t interface = 0) {
  std::vector<const SocketRecord*> found;
  one.best_bound(local, interface, found);
  return inodes(found);
}
using List = std::vector<uint32_t>;

TEST("a dual-stack wildcard takes IPv4, a v6-only one does not, and an IPv4 wildcard takes no IPv6") {
  SocketRecord v6_only = bound(3, kAny6, 53, true);
  v6_only.v6_only = true;
  const SocketTable one = table({bound(1, kAny4, 53), bound(2, kAny6, 53, true), v6_only});
  CHECK(bound_to(one, {kHost, 53}) == (List{1, 2}));
  CHECK(bound_to(one, {kHost6, 53}) == (List{2, 3}));
  CHECK(bound_to(one, {kHost, 54}).empty());
}

TEST("an address is preferred to a wildcard, a device to none, the own family to dual stack") {
  SocketRecord device = bound(4, kAny4, 53);
  device.interface = 2;
  const SocketTable one = table({bound(1, kAny4, 53), bound(2, kHost, 53), bound(3, kAny6, 53, true), device});
  CHECK(best_for(one, {kHost, 53}, 2) == (List{2}));
  CHECK(best_for(one, {IpAddress::v4(0x0a000002), 53}, 2) == (List{4}));
  CHECK(best_for(one, {IpAddress::v4(0x0a000002), 53}, 3) == (List{1}));
}

TEST("equals are all given: a group with SO_REUSEPORT") {
  const SocketTable one = table({bound(1, kAny4, 80), bound(2, kAny4, 80), bound(3, kAny6, 80, true)});
  CHECK(best_for(one, {kHost, 80}) == (List{1, 2}));
}

TEST("a connected socket is found by both ends, also from another device, and not by its port") {
  SocketRecord connected = bound(7, kHost, 5000);
  connected.remote = {IpAddress::v4(0x08080808), 53};
  connected.interface = 3;
  const SocketTable one = table({connected});
  CHECK_EQ(one.connected({kHost, 5000}, connected.remote, 3)->inode, 7u);
  CHECK_EQ(one.connected({kHost, 5000}, connected.remote, 9)->inode, 7u);
  CHECK(one.connected({kHost, 5001}, connected.remote, 3) == nullptr);
  CHECK(bound_to(one, {kHost, 5000}).empty());
}

TEST("raw sockets match by protocol and family") {
  SocketRecord raw4 = bound(1, kAny4, 0);
  raw4.kind = SocketKind::kRaw;
  raw4.protocol = IPPROTO_GRE;
  SocketRecord raw6 = bound(2, kAny6, 0, true);
  raw6.kind = SocketKind::kRaw;
  raw6.protocol = IPPROTO_GRE;
  const SocketTable one = table({raw4, raw6});
  std::vector<const SocketRecord*> found;
  one.raw(IPPROTO_GRE, kHost, 0, found);
  CHECK(inodes(found) == (List{1}));
  found.clear();
  one.raw(IPPROTO_ESP, kHost, 0, found);
  CHECK(found.empty());
}

TEST("an empty table, indexed or not, answers with nothing") {
  SocketTable empty;
  CHECK(empty.connected({kHost, 1}, {kHost, 2}, 0) == nullptr);
  CHECK(bound_to(empty, {kHost, 1}).empty());
  empty.index();
  CHECK(empty.connected({kHost, 1}, {kHost, 2}, 0) == nullptr);
}

TEST("every one of ten thousand sockets is found again") {
  std::vector<SocketRecord> records;
  for (uint32_t i = 0; i < 10'000; ++i) {
    SocketRecord record = bound(i + 1, kHost, 443);
    record.remote = {IpAddress::v4(0x0b000000 + i / 7), static_cast<uint16_t>(1024 + i % 7)};
    records.push_back(record);
  }
  const SocketTable one = table(records);
  size_t found = 0;
  for (const SocketRecord& record : records) {
    const SocketRecord* same = one.connected(record.local, record.remote, 0);
    found += same != nullptr && same->inode == record.inode ? 1 : 0;
  }
  CHECK_EQ(found, 10'000u);
}

}  // namespace
