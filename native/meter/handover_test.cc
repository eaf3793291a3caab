// Owns: whose bytes are those of a socket that another process uses than the one that made it.
#include <netinet/tcp.h>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

constexpr int kConnections = 40;
constexpr size_t kAsked = 700;
constexpr size_t kAnswered = 900;

/// What a worker says it did: who, on the connection from which port.
struct Told {
  pid_t pid;
  uint16_t peer;
};

/// Workers tell through it, in messages of one size.
class Pipe {
 public:
  Pipe() {
    int ends[2];
    if (::pipe(ends) == 0) read_.reset(ends[0]), write_.reset(ends[1]);
  }
  void tell(const Told& told) const { CHECK(::write(write_.get(), &told, sizeof told) == sizeof told); }
  Told hear() const {
    Told told{};
    pollfd one{read_.get(), POLLIN, 0};
    CHECK(::poll(&one, 1, 5000) == 1);
    CHECK(::read(read_.get(), &told, sizeof told) == sizeof told);
    return told;
  }

 private:
  UniqueFd read_;
  UniqueFd write_;
};

/// Serves one connection and tells; `answer` false: it only ever receives.
void serve(int fd, const Pipe& pipe, bool answer) {
  const uint16_t peer = remote_port(fd);
  receive_bytes(fd, kAsked);
  if (answer) send_bytes(fd, kAnswered);
  receive_bytes(fd);
  pipe.tell({::getpid(), peer});
}

/// Makes connections one after the other, each served somewhere, and checks that each has its worker.
void check_served(
    SocketMeter& meter, Books& books, int listener, const Pipe& pipe, bool answered,
    const std::function<void()>& accept_one = [] {}) {
  std::map<uint32_t, uint64_t> served;
  std::map<uint16_t, uint32_t> worker_of;
  for (int i = 0; i < kConnections; ++i) {
    const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener));
    const uint16_t port = local_port(client.get());
    accept_one();
    send_bytes(client.get(), kAsked);
    if (answered) receive_bytes(client.get(), kAnswered);
    ::shutdown(client.get(), SHUT_WR);
    const Told told = pipe.hear();
    CHECK_EQ(told.peer, port);
    worker_of[port] = static_cast<uint32_t>(told.pid);
    ++served[worker_of[port]];
    if (i % 16 == 0) CHECK(meter.dump(books).ok());
  }
  read_all(meter, books);
  for (const auto& [port, pid] : worker_of) CHECK_EQ(books.owner_pid(IPPROTO_TCP, local_port(listener), port), pid);
  for (const auto& [pid, count] : served) {
    CHECK_EQ(books.by_pid[pid].received.payload_bytes, count * kAsked);
    CHECK_EQ(books.by_pid[pid].sent.payload_bytes, answered ? count * kAnswered : 0);
  }
}

void end_children(const std::vector<pid_t>& children) {
  for (const pid_t pid : children) {
    ::kill(pid, SIGKILL);
    wait_for(pid);
  }
}

std::vector<pid_t> start_workers(int listener, const Pipe& pipe, int count, bool answer) {
  std::vector<pid_t> workers;
  workers.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    workers.push_back(in_child([&] {
      for (;;) {
        const UniqueFd fd(::accept4(listener, nullptr, nullptr, 0));
        if (fd) serve(fd.get(), pipe, answer);
      }
    }));
  }
  return workers;
}

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
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const Pipe pipe;
    std::vector<pid_t> children;
    check_served(meter, books, listener.get(), pipe, true, [&] {
      const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
      children.push_back(in_child([&] { serve(fd.get(), pipe, true); }));
    });
    end_children(children);
  });
}

void pass_descriptor(int channel, int fd) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr) return;
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  CHECK(::sendmsg(channel, &message, 0) == 1);
}
UniqueFd receive_descriptor(int channel) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  int fd = -1;
  const ssize_t got = ::recvmsg(channel, &message, 0);
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (got == 1 && header != nullptr) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

TEST("a connection that is passed on with SCM_RIGHTS is the receiver's") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const Pipe pipe;
    int channel[2];
    CHECK(::socketpair(AF_UNIX, SOCK_DGRAM, 0, channel) == 0);
    const pid_t worker = in_child([&] {
      for (;;) {
        const UniqueFd fd = receive_descriptor(channel[1]);
        if (!fd) ::_exit(0);
        serve(fd.get(), pipe, true);
      }
    });
    check_served(meter, books, listener.get(), pipe, true, [&] {
      const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
      pass_descriptor(channel[0], fd.get());
    });
    end_children({worker});
  });
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

/// Takes what has come and has it acknowledged at once: what waits for room or for an acknowledgement leaves later, in
/// nobody's context.
void take(int fd, size_t size) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  CHECK_EQ(receive_bytes(fd, size), size);
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
