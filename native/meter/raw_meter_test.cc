// Owns: that the meter without type information has the right makers and bytes, and says what it does not know.
#include "native/meter/raw_meter.h"

#include <netinet/tcp.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

constexpr SocketMeterOptions kRaw = {.tier = MeterTier::kCgroup};
constexpr int kClients = 200;

void ask(int type, uint16_t port) {
  const UniqueFd fd = connected_v4(type, port);
  send_bytes(fd.get(), kQuestion);
  receive_bytes(fd.get(), kAnswer);
}
TEST("without type information, processes that live a millisecond have all their bytes, and the books close") {
  metered(
      [](SocketMeter& meter, Books& books) {
        CHECK(meter.status().tier == MeterTier::kCgroup);
        CHECK(!meter.status().processes.works);
        const UniqueFd listener = bound_v4(SOCK_STREAM);
        const UniqueFd datagrams = bound_v4(SOCK_DGRAM);
        std::vector<pid_t> clients;
        for (int i = 0; i < kClients; ++i) {
          const bool stream = i % 2 == 0;
          const int server = stream ? listener.get() : datagrams.get();
          clients.push_back(in_child([&] { ask(stream ? SOCK_STREAM : SOCK_DGRAM, local_port(server)); }));
          stream ? answer_stream(server) : answer_datagram(server);
          wait_for(clients.back());
          CHECK(meter.dump(books).ok());
        }
        read_all(meter, books);
        for (const pid_t pid : clients) {
          CHECK_EQ(books.by_pid[static_cast<uint32_t>(pid)].sent.payload_bytes, kQuestion);
          CHECK_EQ(books.by_pid[static_cast<uint32_t>(pid)].received.payload_bytes, kAnswer);
        }
        const auto self = static_cast<uint32_t>(::getpid());
        CHECK_EQ(books.by_pid[self].received.payload_bytes, kClients * kQuestion);
        CHECK_EQ(books.by_pid[self].sent.payload_bytes, kClients * kAnswer);
        const auto [frames, bytes] = interface_sent("lo");
        CHECK_EQ(books.all().sent.frames, frames);
        CHECK_EQ(books.all().sent.frame_bytes, bytes);
      },
      kRaw);
}

TEST(
    "without type information a connection over IPv6, or to an IPv6 socket over IPv4, is in the namespace of its "
    "listener") {
  metered(
      [](SocketMeter& meter, Books& books) {
        write_text("/proc/sys/net/ipv6/conf/lo/disable_ipv6", "0");
        const UniqueFd listener(::socket(AF_INET6, SOCK_STREAM, 0));
        if (!listener) SKIP("no IPv6");
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        socklen_t length = sizeof address;
        auto* any = reinterpret_cast<sockaddr*>(&address);
        CHECK(::bind(listener.get(), any, sizeof address) == 0 && ::listen(listener.get(), 8) == 0);
        CHECK(::getsockname(listener.get(), any, &length) == 0);
        const uint16_t port = ntohs(address.sin6_port);
        address.sin6_addr = in6addr_loopback;
        std::vector<pid_t> clients;
        for (const int family : {AF_INET6, AF_INET}) {
          clients.push_back(in_child([&] {
            const sockaddr_in v4 = address_v4(INADDR_LOOPBACK, port);
            const UniqueFd fd(::socket(family, SOCK_STREAM, 0));
            if (family == AF_INET6 ? ::connect(fd.get(), any, sizeof address)
                                   : ::connect(fd.get(), generic(v4), sizeof v4))
              ::_exit(1);
            send_bytes(fd.get(), kQuestion);
            receive_bytes(fd.get());
          }));
          const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, 0));
          receive_bytes(server.get(), kQuestion);
          send_bytes(server.get(), kAnswer);
        }
        for (const pid_t pid : clients) wait_for(pid);
        read_all(meter, books);
        for (const pid_t pid : clients) {
          CHECK_EQ(books.by_pid[static_cast<uint32_t>(pid)].sent.payload_bytes, kQuestion);
          CHECK_EQ(books.by_pid[static_cast<uint32_t>(pid)].received.payload_bytes, kAnswer);
        }
        const auto self = static_cast<uint32_t>(::getpid());
        CHECK_EQ(books.by_pid[self].received.payload_bytes, 2 * kQuestion);
        CHECK_EQ(books.by_pid[self].sent.payload_bytes, 2 * kAnswer);
      },
      kRaw);
}

TEST("without type information a process that is alive has the key of /proc, and one that is gone the start time 0") {
  metered(
      [](SocketMeter& meter, Books& books) {
        const UniqueFd receiver = bound_v4(SOCK_DGRAM);
        const uint16_t port = local_port(receiver.get());
        const UniqueFd sender = connected_v4(SOCK_DGRAM, port);
        send_bytes(sender.get(), 10);
        const pid_t child = in_child([&] { send_bytes(connected_v4(SOCK_DGRAM, port).get(), 20); });
        wait_for(child);
        read_all(meter, books);
        const ProcessKey own = books.owner_of[{IPPROTO_UDP, local_port(sender.get()), port}];
        CHECK_EQ(own.pid, static_cast<uint32_t>(::getpid()));
        CHECK(own.start_time > 0);
        bool gone = false;
        for (const auto& [ports, key] : books.owner_of) {
          if (key == ProcessKey{static_cast<uint32_t>(child), 0}) gone = true;
        }
        CHECK(gone);
      },
      kRaw);
}

TEST("without type information segments of super-frames are counted singly, and groups are left to the capture") {
  metered(
      [](SocketMeter& meter, Books& books) {
        const UniqueFd listener = bound_v4(SOCK_STREAM);
        const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
        const pid_t child = in_child([&] {
          const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
          receive_bytes(fd.get(), 3'000'000);
        });
        send_bytes(client.get(), 3'000'000);
        wait_for(child);
        read_all(meter, books);
        CHECK(books.all().sent.packets > books.all().sent.frames);
        // What was sent again may come when the receiver has closed its socket.
        CHECK(books.all().received.payload_bytes >= 3'000'000u);
        CHECK(books.all().sent.payload_bytes >= books.all().received.payload_bytes);
        CHECK(books.all().sent.ip_bytes >= books.all().received.ip_bytes);
        const uint64_t before = books.all().received.frames;
        const UniqueFd receiver(::socket(AF_INET, SOCK_DGRAM, 0));
        const sockaddr_in any = address_v4(INADDR_ANY, 4001);
        CHECK(::bind(receiver.get(), generic(any), sizeof any) == 0);
        ip_mreq member{{htonl(0xef010203)}, {htonl(INADDR_LOOPBACK)}};
        CHECK(::setsockopt(receiver.get(), IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof member) == 0);
        const UniqueFd sender(::socket(AF_INET, SOCK_DGRAM, 0));
        ::setsockopt(sender.get(), IPPROTO_IP, IP_MULTICAST_IF, &member.imr_interface, sizeof member.imr_interface);
        const sockaddr_in group = address_v4(0xef010203, 4001);
        CHECK(::sendto(sender.get(), "group", 5, 0, generic(group), sizeof group) == 5);
        CHECK_EQ(receive_bytes(receiver.get(), 5), 5u);
        read_all(meter, books);
        CHECK_EQ(books.all().received.frames, before);
      },
      kRaw);
}

TEST("without type information closed sockets leave the tables, so that these never fill up") {
  metered(
      [](SocketMeter& meter, Books& books) {
        const UniqueFd receiver = bound_v4(SOCK_DGRAM);
        for (int round = 0; round < 4; ++round) {
          for (int i = 0; i < 1000; ++i) send_bytes(connected_v4(SOCK_DGRAM, local_port(receiver.get())).get(), 1);
          CHECK(meter.dump(books).ok());
        }
        read_all(meter, books);
        CHECK_EQ(books.by_pid[static_cast<uint32_t>(::getpid())].sent.payload_bytes, 4000u);
        CHECK(books.open_sockets() <= 2);
        CHECK_EQ(meter.losses().packets, 0u);
      },
      kRaw);
}

TEST("the start time is the twenty-second field, whatever the process is called") {
  CHECK_EQ(start_time_of("7 (a) b) c) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 99 1\n").value_or(0), 4711u);
  CHECK(!start_time_of("7 (a) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 47").has_value());
  CHECK(!start_time_of("").has_value());
}

}  // namespace
}  // namespace nettrace
