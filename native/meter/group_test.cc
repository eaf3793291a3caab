// Owns: how often a datagram for a group is counted: each member of the group gets a copy, the interface carries one.
#include <net/if.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

constexpr uint32_t kGroup = 0xef010203;  // 239.1.2.3
constexpr uint16_t kPort = 4000;
constexpr size_t kSize = 100;

/// "near" has an address; what is sent through "far" arrives there.
void add_link() {
  Network network;
  network.add_pair("near", "far");
  network.add_address("near", 0x0a630001, 24);
  network.set_up("near", true);
  network.set_up("far", true);  // last: a device that is up before its peer sends only some time after that
  write_text("/proc/sys/net/ipv4/conf/near/accept_local", "1");  // the sender's address is our own
}

UniqueFd receiver() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const timeval patience{30, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const sockaddr_in any = address_v4(INADDR_ANY, kPort);
  CHECK(::bind(fd.get(), generic(any), sizeof any) == 0);
  return fd;
}
ip_mreqn membership(const char* device) {
  ip_mreqn request{};
  request.imr_multiaddr.s_addr = htonl(kGroup);
  request.imr_ifindex = static_cast<int>(if_nametoindex(device));
  return request;
}
UniqueFd member(const char* device) {
  UniqueFd fd = receiver();
  const int off = 0;
  ::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
  const ip_mreqn request = membership(device);
  CHECK(::setsockopt(fd.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) == 0);
  return fd;
}
void send_to(uint32_t address, const char* device) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const int on = 1;
  const ip_mreqn request = membership(device);
  CHECK(::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, device, static_cast<socklen_t>(std::strlen(device))) == 0);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  CHECK(::setsockopt(fd.get(), IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) == 0);
  const std::vector<char> bytes(kSize, 'g');
  const sockaddr_in to = address_v4(address, kPort);
  CHECK(::sendto(fd.get(), bytes.data(), kSize, 0, generic(to), sizeof to) == static_cast<ssize_t>(kSize));
}

/// Two members on "near" and one on "far", where the sender is; two on loopback; two that a broadcast reaches.
void check_received(bool groups) {
  metered(
      [groups](SocketMeter& meter, Books& books) {
        add_link();
        std::vector<UniqueFd> sockets;
        uint64_t before = 0;
        const auto check = [&](uint64_t copies) {
          for (const UniqueFd& fd : sockets) CHECK_EQ(receive_bytes(fd.get(), kSize), kSize);
          sockets.clear();
          read_all(meter, books);
          const uint64_t now = books.all().received.payload_bytes / kSize;
          CHECK_EQ(now - before, groups ? copies : 0);
          before = now;
        };
        for (const char* device : {"near", "near", "far"}) sockets.push_back(member(device));
        send_to(kGroup, "far");
        check(3);
        for (const char* device : {"lo", "lo"}) sockets.push_back(member(device));
        send_to(kGroup, "lo");
        check(2);
        for (int i = 0; i < 2; ++i) sockets.push_back(receiver());
        send_to(INADDR_BROADCAST, "far");
        check(4);  // through the link, and as the kernel's own copy for the sender's host
        CHECK_EQ(books.all().sent.payload_bytes, 3 * kSize);
        std::map<uint64_t, uint32_t> owners;
        for (const auto& [pid, socket] : books.owned) owners[socket.cookie] = pid;
        CHECK_EQ(owners.size(), 10u);  // of seven receivers and three senders
        for (const auto& [cookie, pid] : owners) CHECK_EQ(pid, static_cast<uint32_t>(::getpid()));
      },
      {.groups = groups});
}

TEST("a datagram for a group is left to the capture at all its members, whose owners are told all the same") {
  check_received(false);
}

TEST("without a capture a datagram for a group is counted at each of its members") {
  check_received(true);
}

}  // namespace
}  // namespace nettrace
