// Owns: tests of the listing of queued sockets: which are in it, and that the others are counted.
// Knows nothing of: what queues mean.
#include <netinet/in.h>
#include <sys/socket.h>

#include <string_view>

#include "native/dev/test.h"
#include "native/dev/test_network.h"
#include "native/host/diag_rows.h"
#include "native/host/live_fixture.h"
#include "native/host/socket_dump.h"

namespace {

using namespace nettrace;
using namespace nettrace::test;

/// How many rows have this port at this end.
size_t rows_with(const SocketListing& listing, uint16_t local) {
  size_t found = 0;
  for (const uint16_t port : listing.inet.local_port) found += port == local ? 1 : 0;
  return found;
}

void queued_sockets() {
  const Socket listener = listen_on(AF_INET);
  const auto connect = [&] {
    Socket client{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
    const sockaddr_in address = loopback_v4(port_of(listener));
    CHECK_EQ(::connect(client.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return client;
  };
  const Socket quiet = connect();
  const UniqueFd accepted(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const Socket waiting = connect();
  for (const bool netlink : {true, false}) {
    SocketRequest request;
    request.tcp = request.queued = true;
    request.netlink = netlink;
    SocketListing before;
    dump_sockets(request, 0, before);
    CHECK_EQ(rows_with(before, port_of(listener)), 2u);  // itself and the one that waits, not the accepted one
    CHECK_EQ(rows_with(before, port_of(quiet)), 0u);
    CHECK(before.looked >= 5);
  }
  constexpr std::string_view kUnread = "unread";
  CHECK_EQ(::send(quiet.fd.get(), kUnread.data(), kUnread.size(), 0), static_cast<ssize_t>(kUnread.size()));
  SocketRequest request;
  request.tcp = request.tcp_info = request.queued = true;
  SocketListing after;
  dump_sockets(request, 0, after);
  CHECK_EQ(rows_with(after, port_of(listener)), 3u);
  CHECK_EQ(after.tcp_info.known.size(), after.inet.state.size());
}

void wanted_sockets() {
  const Socket listener = listen_on(AF_INET);
  Socket client{UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  const sockaddr_in address = loopback_v4(port_of(listener));
  CHECK_EQ(::connect(client.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const UniqueFd accepted(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
  SocketRequest request;
  request.tcp = request.tcp_info = request.queued = true;
  request.wanted = {port_pair(port_of(client), port_of(listener))};
  for (const bool netlink : {true, false}) {
    request.netlink = netlink;
    SocketListing own;
    dump_sockets(request, 0, own);
    CHECK_EQ(rows_with(own, port_of(client)), 1u);
    CHECK_EQ(rows_with(own, port_of(listener)), 1u);  // itself: the other end of the pair was not asked for
    SocketListing other;
    dump_sockets(request, 1, other);
    CHECK_EQ(rows_with(other, port_of(client)), 0u);
  }
}

/// In a network namespace of its own: another connection of the machine may have the same port at its end.
void alone(void (*check)()) {
  const bool permitted = in_own_network([check] {
    Network().set_up("lo", true);
    check();
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

TEST("queued sockets are listeners, those with bytes, and those that nobody has accepted; others are counted") {
  alone(queued_sockets);
}

TEST("a quiet TCP socket is listed with its figures where its ports are wanted, in the own namespace alone") {
  alone(wanted_sockets);
}

TEST("whether a socket is queued depends on its state only where nobody has it") {
  CHECK(is_queued(10, 0, 128, 7));
  CHECK(is_queued(1, 1, 0, 7) && is_queued(4, 0, 1, 0));
  CHECK(is_queued(1, 0, 0, 0) && is_queued(8, 0, 0, 0));
  CHECK(!is_queued(1, 0, 0, 7) && !is_queued(7, 0, 0, 0) && !is_queued(5, 0, 0, 0));
}

}  // namespace
