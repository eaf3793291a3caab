// Owns: that the owner of a raw or ping socket is told with whom it talks to, which only its packets say.
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

void send_echo(int fd, uint32_t address, uint16_t identifier) {
  icmphdr echo{};
  echo.type = ICMP_ECHO;
  echo.un.echo.id = htons(identifier);
  echo.checksum = htons(static_cast<uint16_t>(~((ICMP_ECHO << 8) + identifier)));
  const sockaddr_in to = address_v4(address, 0);
  CHECK(::sendto(fd, &echo, sizeof echo, 0, generic(to), sizeof to) == sizeof echo);
}

/// Remote address and ports of the tuples of packets that were told of a process.
struct Told {
  uint8_t protocol;
  uint32_t remote;
  uint16_t local_port;
  uint16_t remote_port;
  friend bool operator==(const Told&, const Told&) = default;
};
std::vector<Told> told_of(const Books& books, pid_t pid) {
  std::vector<Told> told;
  for (const auto& [owner, socket] : books.owned) {
    if (owner != static_cast<uint32_t>(pid) || !socket.datagram_tuple) continue;
    CHECK_EQ(socket.tuple.local.address.v4_value(), INADDR_LOOPBACK);
    told.push_back({socket.tuple.protocol, socket.tuple.remote.address.v4_value(), socket.tuple.local.port,
                    socket.tuple.remote.port});
  }
  return told;
}

TEST("two raw ICMP sockets are told apart by address and echo identifier, which are told when they change") {
  metered([](SocketMeter& meter, Books& books) {
    const auto ping = [](uint16_t identifier, uint32_t address) {
      return in_child([=] {
        const UniqueFd raw(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
        for (int i = 0; i < 3; ++i) send_echo(raw.get(), address, identifier);
        send_echo(raw.get(), address, static_cast<uint16_t>(identifier + 1));
      });
    };
    const pid_t first = ping(700, 0x7f000001);
    const pid_t second = ping(900, 0x7f000002);
    wait_for(first);
    wait_for(second);
    read_all(meter, books);
    const std::vector<Told> of_first = {{IPPROTO_ICMP, 0x7f000001, 700, 700}, {IPPROTO_ICMP, 0x7f000001, 701, 701}};
    CHECK(told_of(books, first) == of_first);
    CHECK_EQ(told_of(books, second).size(), 2u);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(first)].sent.packets, 4u);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(second)].sent.packets, 4u);
    CHECK_EQ(meter.losses().tuples, 0u);
  });
}

TEST("a ping socket is told with the identifier that the kernel gave it") {
  metered([](SocketMeter& meter, Books& books) {
    write_text("/proc/sys/net/ipv4/ping_group_range", "0 0");
    const UniqueFd ping(::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
    if (!ping) SKIP("no ping sockets");
    send_echo(ping.get(), 0x7f000003, 1);
    const uint16_t identifier = local_port(ping.get());
    read_all(meter, books);
    const std::vector<Told> expected = {{IPPROTO_ICMP, 0x7f000003, identifier, identifier}};
    CHECK(told_of(books, ::getpid()) == expected);
  });
}

TEST("a datagram that is made by hand (IP_HDRINCL) is told with its own protocol and ports") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd raw(::socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    const sockaddr_in to = address_v4(INADDR_LOOPBACK, 0);
    struct {
      iphdr ip{};
      std::array<uint16_t, 4> udp{htons(5353), htons(53), htons(8), 0};
    } datagram;
    datagram.ip.version = 4;
    datagram.ip.ihl = 5;
    datagram.ip.ttl = 64;
    datagram.ip.protocol = IPPROTO_UDP;
    datagram.ip.saddr = datagram.ip.daddr = htonl(INADDR_LOOPBACK);
    CHECK(::sendto(raw.get(), &datagram, sizeof datagram, 0, generic(to), sizeof to) == sizeof datagram);
    read_all(meter, books);
    const std::vector<Told> expected = {{IPPROTO_UDP, INADDR_LOOPBACK, 5353, 53}};
    CHECK(told_of(books, ::getpid()) == expected);
  });
}

TEST("datagram and stream sockets are never told with a packet's tuple") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM, 0));
    for (const uint32_t address : {0x7f000001, 0x7f000002}) {
      const sockaddr_in to = address_v4(address, local_port(receiver.get()));
      CHECK(::sendto(sender.get(), "x", 1, 0, generic(to), sizeof to) == 1);
    }
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    send_bytes(connected_v4(SOCK_STREAM, local_port(listener.get())).get(), 10);
    read_all(meter, books);
    CHECK(books.owned.size() >= 3);
    for (const auto& [pid, socket] : books.owned) CHECK(!socket.datagram_tuple);
  });
}

}  // namespace
}  // namespace nettrace
