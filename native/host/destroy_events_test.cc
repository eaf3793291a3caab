// Owns: tests of the destroy multicast: crafted events, and sockets that are closed on a real kernel.
// Knows nothing of: what is done about the news.
#include "native/host/destroy_events.h"

#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>

#include <cstring>
#include <memory>
#include <random>

#include "native/dev/test.h"
#include "native/dev/test_network.h"
#include "native/host/live_fixture.h"

namespace nettrace {
namespace {

using test::Socket;

std::vector<uint8_t> event(uint8_t protocol, bool with_info) {
  inet_diag_msg body{};
  body.idiag_family = AF_INET;
  body.idiag_state = 7;
  body.id.idiag_sport = htons(40'000);
  body.id.idiag_cookie[0] = 77;
  std::vector<uint8_t> bytes = test::bytes_of(nlmsghdr{});
  const auto append = [&](const std::vector<uint8_t>& more) { bytes.insert(bytes.end(), more.begin(), more.end()); };
  append(test::bytes_of(body));
  if (with_info) {
    tcp_info info{};
    info.tcpi_bytes_received = 5'000'000'000;
    info.tcpi_segs_out = 9;
    append(test::attribute(INET_DIAG_INFO, test::bytes_of(info)));
  }
  append(test::attribute(INET_DIAG_PROTOCOL, {protocol}));
  nlmsghdr header{};
  header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header.nlmsg_len = static_cast<uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

std::optional<DestroyedSocket> parse(const std::vector<uint8_t>& bytes, size_t length) {
  const auto exact = std::make_unique<uint8_t[]>(length);  // a read past the end is seen by AddressSanitizer
  std::copy_n(bytes.begin(), length, exact.get());
  NetlinkMessages messages(Bytes(exact.get(), length));
  const auto message = messages.next();
  return message ? parse_destroyed_socket(*message) : std::nullopt;
}

/// Reads until a socket with this local port and protocol is gone.
std::optional<DestroyedSocket> await(DestroyEvents& events, uint8_t protocol, uint16_t port) {
  std::vector<DestroyedSocket> seen;
  for (;;) {
    CHECK(events.read(seen).ok());
    for (const DestroyedSocket& one : seen) {
      if (one.socket.protocol == protocol && one.socket.local.port == port) return one;
    }
    pollfd one{events.fd(), POLLIN, 0};
    if (::poll(&one, 1, 30'000) <= 0) return std::nullopt;
  }
}

uint64_t cookie_of(const Socket& socket) {
  uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  ::getsockopt(socket.fd.get(), SOL_SOCKET, SO_COOKIE, &cookie, &length);
  return cookie;
}

}  // namespace

TEST("a connection that is gone has its last counts, a datagram socket has none") {
  const auto stream = event(IPPROTO_TCP, true);
  const auto gone = parse(stream, stream.size());
  CHECK(gone && gone->socket.cookie == 77 && gone->socket.local.port == 40'000);
  CHECK(gone && gone->counts && gone->counts->bytes_received == 5'000'000'000 && gone->counts->segments_sent == 9);
  const auto datagrams = event(IPPROTO_UDP, true);
  const auto other = parse(datagrams, datagrams.size());
  CHECK(other && other->socket.protocol == IPPROTO_UDP && !other->counts);
  const auto unknown = event(0, true);
  CHECK(!parse(unknown, unknown.size()));
}

TEST("cut and damaged events of sockets are read inside their bytes only") {
  const auto whole = event(IPPROTO_TCP, true);
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[16 + random() % (bytes.size() - 16)] = static_cast<uint8_t>(random());
    const size_t length = 16 + random() % (bytes.size() - 15);
    const auto size = static_cast<uint32_t>(length);
    std::memcpy(bytes.data(), &size, sizeof size);
    parse(bytes, length);
  }
}

TEST("a closed connection is told with its cookie and what TCP counted") {
  auto opened = DestroyEvents::open();
  if (!opened) SKIP("no destroy multicast here");
  const Socket listener = test::listen_on(AF_INET);
  Socket client = test::connect_to(listener);
  Socket server = test::accept_from(listener);
  CHECK_EQ(::send(client.fd.get(), "twelve bytes", 12, 0), 12);
  char data[16];
  CHECK_EQ(::recv(server.fd.get(), data, sizeof data, 0), 12);
  CHECK_EQ(::send(server.fd.get(), "ok", 2, 0), 2);
  CHECK_EQ(::recv(client.fd.get(), data, sizeof data, 0), 2);
  const uint64_t cookie = cookie_of(client);
  const uint16_t port = test::port_of(client);
  const Endpoint far = test::remote_of(client);
  server.fd.reset();  // who closes second goes at once; the first stays in TIME_WAIT
  client.fd.reset();
  const auto gone = await(opened.value(), IPPROTO_TCP, port);
  CHECK(gone && gone->socket.cookie == cookie && gone->socket.remote == far);
  CHECK(gone && gone->counts && gone->counts->bytes_acknowledged >= 12 && gone->counts->bytes_received >= 2);
  CHECK(gone && gone->counts && gone->counts->bytes_sent == 12);
}

TEST("a closed datagram socket is told") {
  auto opened = DestroyEvents::open();
  if (!opened) SKIP("no destroy multicast here");
  Socket socket = test::bind_udp();
  const uint64_t cookie = cookie_of(socket);
  const uint16_t port = test::port_of(socket);
  socket.fd.reset();
  const auto gone = await(opened.value(), IPPROTO_UDP, port);
  CHECK(gone && gone->socket.cookie == cookie && !gone->counts);
}

static void end_by_thousands() {
  auto opened = DestroyEvents::open();
  CHECK(opened.ok());
  if (!opened) return;
  constexpr int kSockets = 20'000;
  for (int i = 0; i < kSockets; ++i) const Socket socket = test::bind_udp();
  std::vector<DestroyedSocket> seen;
  // The kernel tells of them in a work queue of its own.
  pollfd one{opened.value().fd(), POLLIN, 0};
  while (seen.size() < kSockets && ::poll(&one, 1, 30'000) > 0) CHECK(opened.value().read(seen).ok());
  CHECK_EQ(seen.size(), size_t{kSockets});
  CHECK_EQ(opened.value().overruns(), 0U);
}

TEST("sockets that end by thousands are told, every one") {
  auto opened = DestroyEvents::open();
  if (!opened) SKIP("no destroy multicast here");
  int size = 0;
  socklen_t length = sizeof size;
  ::getsockopt(opened.value().fd(), SOL_SOCKET, SO_RCVBUF, &size, &length);
  if (size < 32 * 1024 * 1024) SKIP("no right to a large buffer");
  // In a network namespace of its own: none that ends elsewhere is told of.
  const bool permitted = test::in_own_network([] {
    test::Network().set_up("lo", true);
    end_by_thousands();
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

}  // namespace nettrace
