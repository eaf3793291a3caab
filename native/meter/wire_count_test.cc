// Owns: that what is counted for a way of sending is what crosses the interface, in packets of the wire.
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

uint32_t self() {
  return static_cast<uint32_t>(::getpid());
}

/// Two ends in our namespace; what is sent to the broadcast address of the first leaves through it, unasked for.
void add_link(int number, std::string& name) {
  name = "nt" + std::to_string(number);
  const std::string peer = name + "p";
  Network network;
  network.add_pair(name, peer);
  network.add_address(name, 0x0a630001u + static_cast<uint32_t>(number) * 256, 24);
  network.set_up(peer, true);
  network.set_up(name, true);
}
sockaddr_in broadcast_of(int number, uint16_t port = 9) {
  return address_v4(0x0a6300ffu + static_cast<uint32_t>(number) * 256, port);
}
UniqueFd broadcaster() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
  return fd;
}
void broadcast(int fd, int number, size_t size) {
  const std::vector<char> bytes(size, 'b');
  const sockaddr_in to = broadcast_of(number);
  CHECK(::sendto(fd, bytes.data(), size, 0, generic(to), sizeof to) == static_cast<ssize_t>(size));
}

TEST("a socket that alternates between six interfaces is counted right on each") {
  metered([](SocketMeter& meter, Books& books) {
    constexpr int kLinks = 6;
    std::array<std::string, kLinks> names;
    for (int i = 0; i < kLinks; ++i) add_link(i, names[i]);
    const UniqueFd fd = broadcaster();
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < kLinks; ++i) broadcast(fd.get(), i, 100 + static_cast<size_t>(i));
      if (round == 10) CHECK(meter.dump(books).ok());
    }
    read_all(meter, books);
    CHECK(books.flushes > 0);
    for (int i = 0; i < kLinks; ++i) {
      const auto [frames, bytes] = interface_sent(names[i]);
      const auto& sent = books.by_interface[if_nametoindex(names[i].c_str())].sent;
      CHECK_EQ(sent.frames, frames);
      CHECK_EQ(sent.frame_bytes + 14 * frames, bytes);
      CHECK_EQ(sent.payload_bytes, 20u * (100 + static_cast<uint64_t>(i)));
    }
  });
}

constexpr SocketMeterOptions kWithoutTypes = {.tier = MeterTier::kCgroup};

void check_fragments(const SocketMeterOptions& options) {
  metered(
      [](SocketMeter& meter, Books& books) {
        std::string name;
        add_link(0, name);
        const uint32_t index = if_nametoindex(name.c_str());
        const InterfaceMtu mtu{index, 1500};
        meter.set_mtus({&mtu, 1});
        const UniqueFd fd = broadcaster();
        broadcast(fd.get(), 0, 7600);
        broadcast(fd.get(), 0, 1472);
        read_all(meter, books);
        const auto [frames, bytes] = interface_sent(name);
        const auto& sent = books.by_interface[index].sent;
        CHECK_EQ(frames, 7u);
        CHECK_EQ(sent.packets, frames);
        CHECK_EQ(sent.ip_bytes + 14 * frames, bytes);
        CHECK_EQ(sent.frames, 2u);
        CHECK_EQ(sent.frame_bytes, 7628u + 1500u);
      },
      options);
}

TEST("a datagram larger than the MTU is counted as its fragments on the wire, and as one frame of the IP layer") {
  check_fragments({});
  check_fragments(kWithoutTypes);
}

void check_fit(const SocketMeterOptions& options) {
  metered(
      [](SocketMeter& meter, Books& books) {
        std::string name;
        add_link(0, name);
        write_text("/proc/sys/net/ipv6/conf/" + name + "/accept_dad", "0");
        write_text("/proc/sys/net/ipv6/conf/" + name + "/disable_ipv6", "0");
        const uint32_t index = if_nametoindex(name.c_str());
        const InterfaceMtu mtu{index, 1500};
        meter.set_mtus({&mtu, 1});
        const UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM, 0));
        sockaddr_in6 all_nodes{};
        all_nodes.sin6_family = AF_INET6;
        all_nodes.sin6_port = htons(9);
        all_nodes.sin6_addr.s6_addr[0] = 0xff;
        all_nodes.sin6_addr.s6_addr[1] = 2;
        all_nodes.sin6_addr.s6_addr[15] = 1;
        all_nodes.sin6_scope_id = index;
        const std::vector<char> bytes(1453, '6');
        for (const size_t size : {1452, 1453}) {
          const ssize_t sent = ::sendto(fd.get(), bytes.data(), size, 0, reinterpret_cast<const sockaddr*>(&all_nodes),
                                        sizeof all_nodes);
          if (sent < 0 && (errno == EADDRNOTAVAIL || errno == ENETUNREACH)) SKIP("no IPv6");
          CHECK_EQ(sent, static_cast<ssize_t>(size));
        }
        read_all(meter, books);
        const auto& sent = books.by_pid[self()].sent;
        CHECK_EQ(sent.frames, 2u);
        CHECK_EQ(sent.packets, 3u);
        CHECK_EQ(sent.ip_bytes, 1500u + (1501 + 40 + 2 * 8));
      },
      options);
}

TEST("an IPv6 datagram that just fits the MTU is one packet, and one byte more makes two fragments") {
  check_fit({});
  check_fit(kWithoutTypes);
}

TEST("a super-frame of datagrams (UDP_SEGMENT) is counted as its segments") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    const int size = 1200;
    if (::setsockopt(sender.get(), IPPROTO_UDP, UDP_SEGMENT, &size, sizeof size) != 0) SKIP("no UDP_SEGMENT");
    send_bytes(sender.get(), 12'000);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[self()].sent.packets, 10u);
    CHECK_EQ(books.by_pid[self()].sent.ip_bytes, 12'280u);
    CHECK_EQ(books.by_pid[self()].sent.payload_bytes, 12'000u);
    CHECK_EQ(books.by_pid[self()].received.ip_bytes, 12'280u);
  });
}

/// A connection to a child that takes everything, over the loopback device.
template <typename Send>
void bulk(SocketMeter& meter, Books& books, uint64_t size, Send&& send) {
  const UniqueFd listener = bound_v4(SOCK_STREAM);
  const pid_t child = in_child([&] {
    const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
    receive_bytes(fd.get());
  });
  {
    const UniqueFd fd = connected_v4(SOCK_STREAM, local_port(listener.get()));
    const int segment = 1400;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    send(fd.get());
  }
  wait_for(child);
  read_all(meter, books);
  const auto& sent = books.by_pid[self()].sent;
  CHECK_EQ(sent.payload_bytes, size + books.retransmitted[self()]);
  CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.payload_bytes, sent.payload_bytes);
  // Both ends see the same packets, whichever way they were bundled; loopback cuts the bundles that are too large for
  // it after the sender has been charged. What is sent to a connection that is already gone (TIME_WAIT) has no socket.
  CHECK_EQ(books.all().sent.ip_bytes, books.all().received.ip_bytes);
  CHECK_EQ(books.all().sent.packets, books.all().received.packets);
  const auto [frames, bytes] = interface_sent("lo");
  CHECK(bytes - books.all().received.frame_bytes <= 3 * 52);
  CHECK(frames - books.all().received.frames <= 3);
}

TEST("a full-speed stream: super-frames are counted as segments, and the books close") {
  metered([](SocketMeter& meter, Books& books) {
    bulk(meter, books, 20'000'000, [](int fd) { send_bytes(fd, 20'000'000); });
  });
}

TEST("sendfile(2) is counted as any other sending") {
  metered([](SocketMeter& meter, Books& books) {
    bulk(meter, books, 3'000'000, [](int fd) {
      const UniqueFd file(static_cast<int>(::memfd_create("sent", 0)));
      CHECK(::ftruncate(file.get(), 3'000'000) == 0);
      off_t offset = 0;
      while (offset < 3'000'000 && ::sendfile(fd, file.get(), &offset, 3'000'000 - static_cast<size_t>(offset)) > 0) {
      }
    });
  });
}

TEST("splice(2) is counted, also for a process that reads with it alone") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, 0));
    const pid_t child = in_child([&] {
      int ends[2];
      const UniqueFd nothing(::open("/dev/null", O_WRONLY));
      if (::pipe(ends) != 0) ::_exit(1);
      for (size_t left = 50'000; left > 0;) {
        const ssize_t got = ::splice(server.get(), nullptr, ends[1], nullptr, left, 0);
        if (got <= 0 || ::splice(ends[0], nullptr, nothing.get(), nullptr, static_cast<size_t>(got), 0) != got) break;
        left -= static_cast<size_t>(got);
      }
    });
    send_bytes(client.get(), 50'000);
    wait_for(child);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.payload_bytes, 50'000u);
    CHECK_EQ(books.by_pid[self()].sent.payload_bytes, 50'000u);
  });
}

TEST("sendmmsg(2) and recvmmsg(2) are counted message by message") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    std::array<char, 200> bytes{};
    iovec part{bytes.data(), bytes.size()};
    std::array<mmsghdr, 32> messages{};
    for (mmsghdr& message : messages) message.msg_hdr.msg_iov = &part, message.msg_hdr.msg_iovlen = 1;
    CHECK_EQ(::sendmmsg(sender.get(), messages.data(), messages.size(), 0), 32);
    const pid_t child = in_child([&] { ::recvmmsg(receiver.get(), messages.data(), 32, MSG_WAITFORONE, nullptr); });
    wait_for(child);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[self()].sent.packets, 32u);
    CHECK_EQ(books.by_pid[self()].sent.payload_bytes, 6400u);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.payload_bytes, 6400u);
  });
}

TEST("raw sockets have owners; what the kernel answers is nobody's") {
  metered([](SocketMeter& meter, Books& books) {
    const pid_t child = in_child([] {
      const UniqueFd raw(::socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
      icmphdr echo{};
      echo.type = ICMP_ECHO;
      echo.checksum = 0xfff7;
      const sockaddr_in to = address_v4(INADDR_LOOPBACK, 0);
      ::sendto(raw.get(), &echo, sizeof echo, 0, generic(to), sizeof to);
      const UniqueFd other(::socket(AF_INET, SOCK_RAW, 253));
      ::sendto(other.get(), &echo, sizeof echo, 0, generic(to), sizeof to);
    });
    wait_for(child);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].sent.packets, 2u);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].sent.ip_bytes, 56u);
    // The rest is the kernel's echo reply, from a socket that all network namespaces share.
    const auto [frames, bytes] = interface_sent("lo");
    CHECK_EQ(frames, 3u);
    CHECK_EQ(books.all().sent.frame_bytes + 28, bytes);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.frames, 3u);
  });
}

TEST("frames sent through a packet socket are their sender's, though it lives a moment") {
  metered([](SocketMeter& meter, Books& books) {
    if (!meter.status().injection.works) SKIP("tp_btf/net_dev_queue does not load");
    std::string name;
    add_link(0, name);
    const uint32_t index = if_nametoindex(name.c_str());
    const pid_t child = in_child([&] {
      const UniqueFd fd(::socket(AF_PACKET, SOCK_RAW, 0));
      std::array<uint8_t, 300> frame{};
      frame[12] = 0x88;
      frame[13] = 0xb5;  // a type for experiments, IEEE 802
      sockaddr_ll to{};
      to.sll_family = AF_PACKET;
      to.sll_ifindex = static_cast<int>(index);
      to.sll_halen = 6;
      for (int i = 0; i < 50; ++i) {
        ::sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to);
      }
    });
    wait_for(child);
    read_all(meter, books);
    CHECK_EQ(books.injected.size(), 1u);
    if (books.injected.empty()) return;
    const auto& [pid, record] = books.injected.front();
    CHECK_EQ(pid, static_cast<uint32_t>(child));
    CHECK_EQ(record.interface_index, index);
    CHECK_EQ(record.packets, 50u);
    CHECK_EQ(record.wire_bytes, 15'000u);
    CHECK_EQ(interface_sent(name).second, 15'000u);
  });
}

}  // namespace
}  // namespace nettrace
