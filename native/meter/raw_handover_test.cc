// Owns: that the meter without type information gives no byte to a process that did not move it, whoever made the
// socket.
#include <algorithm>

#include "native/meter/handover_fixture.h"

namespace nettrace::test {
namespace {

constexpr SocketMeterOptions kRaw = {.tier = MeterTier::kCgroup};
constexpr const char* kNoUsers = "needs the tracepoints sock_send_length and sock_recv_length, Linux 6.3";
/// As before Linux 6.3.
constexpr SocketMeterOptions kBlind = {.tier = MeterTier::kCgroup, .users = false};

/// Pids that have anything; 0 stands for nobody.
std::vector<uint32_t> charged(const Books& books) {
  std::vector<uint32_t> pids;
  for (const auto& [pid, counters] : books.by_pid) {
    if (counters.sent.payload_bytes + counters.received.payload_bytes > 0) pids.push_back(pid);
  }
  return pids;
}

TEST("without type information a connection is the prefork worker's that serves it, also if he only receives") {
  for (const bool answer : {true, false}) {
    metered(
        [&](SocketMeter& meter, Books& books) {
          if (!meter.status().sees_users) SKIP(kNoUsers);
          const UniqueFd listener = bound_v4(SOCK_STREAM);
          const Pipe pipe;
          const auto workers = start_workers(listener.get(), pipe, 4, answer);
          check_served(meter, books, listener.get(), pipe, answer);
          end_children(workers);
          CHECK_EQ(books.by_pid[0].received.payload_bytes, 0u);
        },
        kRaw);
  }
}

TEST("without type information a connection that is given to a forked child is the child's") {
  metered(
      [](SocketMeter& meter, Books& books) {
        if (!meter.status().sees_users) SKIP(kNoUsers);
        check_forked_children(meter, books);
      },
      kRaw);
}

TEST("without type information a connection that is passed on with SCM_RIGHTS is the receiver's") {
  metered(
      [](SocketMeter& meter, Books& books) {
        if (!meter.status().sees_users) SKIP(kNoUsers);
        check_passed_connections(meter, books);
      },
      kRaw);
}

TEST("without type information a socket that another process uses than its maker is the user's, handshake and all") {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    metered(
        [&](SocketMeter& meter, Books& books) {
          if (!meter.status().sees_users) SKIP(kNoUsers);
          const UniqueFd first = bound_v4(type);
          const UniqueFd sender = connected_v4(type, local_port(first.get()));
          const UniqueFd accepted(type == SOCK_STREAM ? ::accept4(first.get(), nullptr, nullptr, 0) : -1);
          CHECK(meter.dump(books).ok());  // the handshake is the maker's so far
          const pid_t child = in_child([&] { send_bytes(sender.get(), 300); });
          take(type == SOCK_STREAM ? accepted.get() : first.get(), 300);
          wait_for(child);
          read_all(meter, books);
          const uint64_t cookie = cookie_of(sender.get());
          const auto user = static_cast<uint32_t>(child);
          CHECK_EQ(books.owner_pid(type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP, local_port(sender.get()),
                                   local_port(first.get())),
                   user);
          CHECK_EQ(books.by_pid[user].sent.payload_bytes, 300u);
          CHECK_EQ(books.by_pid[user].sent.ip_bytes, books.by_cookie[cookie].sent.ip_bytes);
        },
        kRaw);
  }
}

TEST("without type information a socket that two processes write to is neither's, also what was charged before") {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    metered(
        [&](SocketMeter& meter, Books& books) {
          if (!meter.status().sees_users) SKIP(kNoUsers);
          const UniqueFd first = bound_v4(type);
          const UniqueFd sender = connected_v4(type, local_port(first.get()));
          const UniqueFd accepted(type == SOCK_STREAM ? ::accept4(first.get(), nullptr, nullptr, 0) : -1);
          const int receiver = type == SOCK_STREAM ? accepted.get() : first.get();
          const auto self = static_cast<uint32_t>(::getpid());
          send_bytes(sender.get(), 100);
          take(receiver, 100);
          CHECK(meter.dump(books).ok());
          CHECK_EQ(books.by_pid[self].sent.payload_bytes, 100u);
          const pid_t child = in_child([&] { send_bytes(sender.get(), 300); });
          take(receiver, 300);
          wait_for(child);
          send_bytes(sender.get(), 100);
          take(receiver, 100);
          read_all(meter, books);
          CHECK_EQ(books.by_pid[self].sent.payload_bytes, 0u);
          CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].sent.payload_bytes, 0u);
          CHECK_EQ(books.by_pid[0].sent.payload_bytes, 500u);
          CHECK(books.last_reason == Reason::kHandedOver);
        },
        kRaw);
  }
}

TEST("without type information who only looks at a connection (MSG_PEEK), or gets nothing, is not its user") {
  metered(
      [](SocketMeter& meter, Books& books) {
        if (!meter.status().sees_users) SKIP(kNoUsers);
        const UniqueFd listener = bound_v4(SOCK_STREAM);
        const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
        const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, 0));
        std::array<char, 10> start;
        CHECK_EQ(::recv(server.get(), start.data(), start.size(), MSG_DONTWAIT), -1);
        send_bytes(client.get(), 100);
        CHECK_EQ(::recv(server.get(), start.data(), start.size(), MSG_PEEK), 10);
        const pid_t child = in_child([&] { receive_bytes(server.get(), 100); });
        wait_for(child);
        read_all(meter, books);
        CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].received.payload_bytes, 100u);
      },
      kRaw);
}

TEST(
    "where it is not seen who uses a socket, an accepted connection is nobody's, and its maker's is said to be "
    "inexact") {
  metered(
      [](SocketMeter& meter, Books& books) {
        CHECK(!meter.status().sees_users);
        const UniqueFd listener = bound_v4(SOCK_STREAM);
        const Pipe pipe;
        const auto workers = start_workers(listener.get(), pipe, 2, true);
        for (int i = 0; i < 10; ++i) {
          const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
          send_bytes(client.get(), kAsked);
          receive_bytes(client.get(), kAnswered);
          ::shutdown(client.get(), SHUT_WR);
          pipe.hear();
        }
        read_all(meter, books);
        end_children(workers);
        const auto self = static_cast<uint32_t>(::getpid());
        CHECK_EQ(books.by_pid[self].sent.payload_bytes, 10 * kAsked);  // the clients are ours
        CHECK_EQ(books.by_pid[self].received.payload_bytes, 10 * kAnswered);
        CHECK_EQ(books.by_pid[0].sent.payload_bytes, 10 * kAnswered);
        CHECK(charged(books) == (std::vector<uint32_t>{0, self}));
      },
      kBlind);
}

}  // namespace
}  // namespace nettrace::test
