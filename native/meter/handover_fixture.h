// Owns: what the tests of sockets that change hands share: workers that serve connections and tell which, descriptors
// that are passed on. Knows nothing of: what is expected of the meter.
#pragma once

#include <netinet/tcp.h>

#include "native/meter/meter_fixture.h"

namespace nettrace::test {

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
inline void serve(int fd, const Pipe& pipe, bool answer) {
  const uint16_t peer = remote_port(fd);
  receive_bytes(fd, kAsked);
  if (answer) send_bytes(fd, kAnswered);
  receive_bytes(fd);
  pipe.tell({::getpid(), peer});
}

/// Makes connections one after the other, each served somewhere, and checks that each has its worker.
inline void check_served(
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

inline void end_children(const std::vector<pid_t>& children) {
  for (const pid_t pid : children) {
    ::kill(pid, SIGKILL);
    wait_for(pid);
  }
}

inline std::vector<pid_t> start_workers(int listener, const Pipe& pipe, int count, bool answer) {
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

inline void pass_descriptor(int channel, int fd) {
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
inline UniqueFd receive_descriptor(int channel) {
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

/// Connections that the listener's process accepts and a child forked for each serves.
inline void check_forked_children(SocketMeter& meter, Books& books) {
  const UniqueFd listener = bound_v4(SOCK_STREAM);
  const Pipe pipe;
  std::vector<pid_t> children;
  check_served(meter, books, listener.get(), pipe, true, [&] {
    const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
    children.push_back(in_child([&] { serve(fd.get(), pipe, true); }));
  });
  end_children(children);
}

/// Connections that the listener's process accepts and hands to a worker that was there before.
inline void check_passed_connections(SocketMeter& meter, Books& books) {
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
}

/// Takes what has come and has it acknowledged at once: what waits for room or for an acknowledgement leaves later, in
/// nobody's context.
inline void take(int fd, size_t size) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  CHECK_EQ(receive_bytes(fd, size), size);
}

}  // namespace nettrace::test
