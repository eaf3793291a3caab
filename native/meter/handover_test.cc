// Owns: whose bytes are those of a socket that another process uses than the one that made it.
#include "native/meter/handover_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

TEST("an accepted connection is the prefork worker's that serves it, not the listener's") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const Pipe pipe;
    const auto workers = start_workers(listener.get(), pipe, 4, true);
    check_served(meter, books, listener.get(), pipe, true);
    end_children(workers);
  });
}

TEST("a worker that only receives is found too") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const Pipe pipe;
    const auto workers = start_workers(listener.get(), pipe, 2, false);
    check_served(meter, books, listener.get(), pipe, false);
    end_children(workers);
  });
}

TEST("a connection that is accepted and given to a forked child is the child's, also after the parent's close") {
  metered([](SocketMeter& meter, Books& books) { check_forked_children(meter, books); });
}

TEST("a connection that is passed on with SCM_RIGHTS is the receiver's") {
  metered([](SocketMeter& meter, Books& books) { check_passed_connections(meter, books); });
}

TEST("a process that only looks at a connection (MSG_PEEK) does not become its owner") {
  metered([](SocketMeter& meter, Books& books) {
    if (meter.status().tier != MeterTier::kReceiveLength) SKIP("needs tp_btf/sock_recv_length, Linux 6.3");
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, 0));
    send_bytes(client.get(), 100);
    std::array<char, 10> start;
    CHECK_EQ(::recv(server.get(), start.data(), start.size(), MSG_PEEK), 10);
    const pid_t child = in_child([&] { receive_bytes(server.get(), 100); });
    wait_for(child);
    read_all(meter, books);
    CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.payload_bytes, 100u);
    CHECK_EQ(books.splits, 0);
  });
}

/// Parent and child send in turns on one socket, 100 and 300 bytes; 50 times each.
void take_turns(SocketMeter& meter, Books& books, int type, uint64_t headers) {
  const UniqueFd first = bound_v4(type);
  const UniqueFd sender = connected_v4(type, local_port(first.get()));
  const int on = 1;
  ::setsockopt(sender.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const UniqueFd accepted(type == SOCK_STREAM ? ::accept4(first.get(), nullptr, nullptr, 0) : -1);
  const int receiver = type == SOCK_STREAM ? accepted.get() : first.get();
  const Pipe to_child;
  const Pipe to_parent;
  const pid_t child = in_child([&] {
    for (int i = 0; i < 50; ++i) {
      to_child.hear();
      send_bytes(sender.get(), 300);
      to_parent.tell({});
    }
  });
  for (int i = 0; i < 50; ++i) {
    send_bytes(sender.get(), 100);
    take(receiver, 100);
    to_child.tell({});
    to_parent.hear();
    take(receiver, 300);
  }
  wait_for(child);
  read_all(meter, books);
  const auto other = static_cast<uint32_t>(child);
  CHECK_EQ(books.splits >= 98, true);
  CHECK_EQ(books.by_pid[static_cast<uint32_t>(::getpid())].sent.payload_bytes, 50u * 100);
  CHECK_EQ(books.by_pid[other].sent.payload_bytes, 50u * 300);
  CHECK_EQ(books.by_pid[other].sent.packets, 50u);
  CHECK_EQ(books.by_pid[other].sent.ip_bytes, 50u * (300 + headers));
}

TEST("a datagram socket that two processes write to in turns is split exactly") {
  metered([](SocketMeter& meter, Books& books) { take_turns(meter, books, SOCK_DGRAM, 28); });
}

TEST("a stream that two processes write to in turns is split exactly") {
  metered([](SocketMeter& meter, Books& books) { take_turns(meter, books, SOCK_STREAM, 52); });
}

}  // namespace
}  // namespace nettrace
