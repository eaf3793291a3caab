// Owns: the TCP traffic: a server (one process, a process for each connection, or several that accept) and its clients.
// Knows nothing of: nettrace and UDP. Clients close first; both sides read to the end.
#pragma once

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "native/dev/traffic_socket.h"

namespace nettrace::traffic {

struct Connection {
  int fd = -1;
  uint64_t left = 0;  ///< bytes still to send
  bool reading = true;
};

/// Reads and writes as far as possible; false when both directions are done.
inline bool move_some(Connection& connection, Report& report) {
  while (connection.reading) {
    const ssize_t n = read(connection.fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) connection.reading = false;
    if (n > 0) report.payload_received += static_cast<uint64_t>(n);
  }
  while (connection.left > 0) {
    const size_t piece = std::min<uint64_t>(connection.left, buffer.size());
    const ssize_t n = send(connection.fd, buffer.data(), piece, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    connection.left -= static_cast<uint64_t>(n);
    report.payload_sent += static_cast<uint64_t>(n);
  }
  return connection.reading;
}

inline void finish_connection(int fd, int family, Report& report) {
  shutdown(fd, SHUT_WR);
  report.add_tcp(fd, family);
  close(fd);
}

/// Accepts until standard input ends (what is open is finished first) or `connections` are done. 0: no such limit.
inline Report serve_loop(int listener, int family, uint64_t connections, uint64_t give) {
  const int poll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (poll_fd < 0) die("epoll_create1");
  const auto watch = [poll_fd](int fd, uint32_t events) {
    epoll_event event{events, {.fd = fd}};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  };
  watch(listener, EPOLLIN);
  watch(STDIN_FILENO, EPOLLIN);
  std::vector<Connection> by_fd;
  size_t open = 0;
  uint64_t done = 0;
  bool ended = false;
  Report report;
  while ((!ended || open > 0) && (connections == 0 || done < connections)) {
    std::array<epoll_event, 256> events;
    const int ready = epoll_wait(poll_fd, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == STDIN_FILENO) {
        ended = input_ended(0);
        if (ended) epoll_ctl(poll_fd, EPOLL_CTL_DEL, STDIN_FILENO, nullptr);
      } else if (fd != listener) {
        if (move_some(by_fd[static_cast<size_t>(fd)], report)) continue;
        finish_connection(fd, family, report);
        --open;
        ++done;
      } else {
        for (int taken = -1; (taken = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; ++open) {
          if (by_fd.size() <= static_cast<size_t>(taken)) by_fd.resize(static_cast<size_t>(taken) + 1);
          by_fd[static_cast<size_t>(taken)] = {taken, give};
          watch(taken, EPOLLIN | EPOLLOUT | EPOLLET);
        }
      }
    }
  }
  close(poll_fd);
  return report;
}

/// Runs `body` in a child, which prints its report as `role` and ends.
template <typename Body>
pid_t in_child(const char* role, Body&& body) {
  const pid_t child = fork();
  if (child < 0) die("fork");
  if (child > 0) return child;
  body().print(role);
  _exit(0);
}

/// Waits for children; false if one of them failed.
inline bool wait_for(uint64_t children) {
  bool good = true;
  for (; children > 0; --children) {
    int status = 0;
    if (wait(&status) < 0) die("wait");
    good &= status == 0;
  }
  return good;
}

/// One connection from its first byte to its end.
inline void serve_connection(int fd, int family, uint64_t give, Report& report) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  Connection connection{fd, give};
  pollfd wanted{fd, POLLIN, 0};
  while (move_some(connection, report)) {
    wanted.events = static_cast<short>(connection.left > 0 ? POLLIN | POLLOUT : POLLIN);
    if (poll(&wanted, 1, -1) < 0) die("poll");
  }
  finish_connection(fd, family, report);
}

/// A process for each connection, as inetd and sshd do; the parent only accepts. A child does something else first, for
/// `late_ms`.
inline bool serve_with_children(int listener, int family, uint64_t connections, uint64_t give, uint64_t late_ms) {
  for (uint64_t i = 0; i < connections; ++i) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) die("accept");
    in_child("worker", [&] {
      close(listener);
      pause_ns(static_cast<int64_t>(late_ms) * 1'000'000);
      Report report;
      serve_connection(fd, family, give, report);
      return report;
    });
    close(fd);
  }
  return wait_for(connections);
}

/// serve ADDRESS PORT [connections=0] [give=0] [fork [late=MS]] [workers=N] [mptcp] [transparent]
inline int serve(const Address& address, const Options& options) {
  allow_many_files();
  const uint64_t connections = options.number("connections", 0);
  const uint64_t give = options.number("give", 0);
  const uint64_t workers = options.number("workers", 0);
  const bool fork_each = options.has("fork");
  const int protocol = options.has("mptcp") ? IPPROTO_MPTCP : 0;
  const int listener = open_socket(address.family(), SOCK_STREAM | (fork_each ? 0 : SOCK_NONBLOCK), protocol);
  set_transparent(listener, options);
  if (bind(listener, address.get(), address.length) != 0) die("bind");
  if (listen(listener, 4096) != 0) die("listen");
  print_ready();
  if (fork_each) {
    return serve_with_children(listener, address.family(), connections, give, options.number("late", 0)) ? 0 : 1;
  }
  for (uint64_t i = 0; i < workers; ++i) {
    in_child("worker", [&] { return serve_loop(listener, address.family(), 0, give); });
  }
  if (workers > 0) return wait_for(workers) ? 0 : 1;
  serve_loop(listener, address.family(), connections, give).print("serve");
  return 0;
}

/// A port in TIME_WAIT can be used again after a second (tcp_tw_reuse): tries for at most five.
inline int connect_to(const Address& address, const Options& options) {
  const int64_t end = now_ns() + 5'000'000'000;
  const int fd = open_socket(address.family(), SOCK_STREAM);
  bind_own(fd, address.family(), options);
  while (connect(fd, address.get(), address.length) != 0) {
    if (errno != EADDRNOTAVAIL || now_ns() > end) die("connect");
    pause_ns(20'000'000);
  }
  return fd;
}

/// Ends a connection without TIME_WAIT, so that its port is free at once; all that was sent is acknowledged before.
inline void reset(int fd, int family, Report& report) {
  for (int left = 1; left > 0;) {
    if (ioctl(fd, SIOCOUTQ, &left) != 0) die("SIOCOUTQ");
    if (left > 0) pause_ns(100'000);
  }
  const linger at_once{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  report.add_tcp(fd, family);
  close(fd);
}

/// What a TCP connection moved so far; see Report::add_tcp.
inline Report tcp_so_far(int fd, int family) {
  Report report;
  report.add_tcp(fd, family);
  return report;
}

/// Sends `bytes` at `rate` bytes a second, takes `take` bytes, holds for `hold` ms, closes and reads to the end.
inline Report transfer(const Address& address, const Options& options) {
  const int fd = connect_to(address, options);
  const bool early = options.has("early");
  wait_if_early(options);
  const Report before = early ? tcp_so_far(fd, address.family()) : Report{};
  fcntl(fd, F_SETFL, O_NONBLOCK);
  const uint64_t bytes = options.number("bytes", 0);
  const uint64_t take = options.number("take", 0);
  Report report;
  const Pace pace(options.number("rate", 0));
  for (;;) {
    const uint64_t allowed = std::min(bytes, pace.due());
    const uint64_t piece = allowed > report.payload_sent ? allowed - report.payload_sent : 0;
    Connection once{fd, std::min<uint64_t>(piece, buffer.size())};
    move_some(once, report);
    if (report.payload_sent >= bytes && report.payload_received >= take) break;
    if (!once.reading) die("the server closed first");
    const bool waits_for_room = !pace.limited() && report.payload_sent < bytes;
    const bool waits_for_time = pace.limited() && report.payload_sent < bytes;
    pollfd ready{fd, static_cast<short>(waits_for_room ? POLLIN | POLLOUT : POLLIN), 0};
    poll(&ready, 1, waits_for_time ? 5 : 1000);
  }
  report.seconds = pace.seconds();
  pause_ns(static_cast<int64_t>(options.number("hold", 0)) * 1'000'000);
  if (options.has("reset")) {
    reset(fd, address.family(), report);
    return report;
  }
  shutdown(fd, SHUT_WR);
  fcntl(fd, F_SETFL, 0);
  for (ssize_t n = 0; (n = read(fd, buffer.data(), buffer.size())) > 0;)
    report.payload_received += static_cast<uint64_t>(n);
  report.add_tcp(fd, address.family());
  report.wire_sent -= before.wire_sent;
  report.wire_received -= before.wire_received;
  close(fd);
  return report;
}

/// crowd ADDRESS PORT processes=N [together] and the options of connect: a process for each connection.
inline int crowd(const Address& address, const Options& options) {
  const uint64_t processes = options.number("processes", 1);
  const bool together = options.has("together");
  bool good = true;
  for (uint64_t i = 0; i < processes; ++i) {
    in_child("connect", [&] { return transfer(address, options); });
    if (!together) good &= wait_for(1);
  }
  return (together ? wait_for(processes) : good) ? 0 : 1;
}

/// idle ADDRESS PORT connections=N: opens them and holds them until standard input ends.
inline int idle(const Address& address, const Options& options) {
  allow_many_files();
  for (uint64_t i = 0; i < options.number("connections", 1); ++i) connect_to(address, options);
  print_ready();
  while (!input_ended(-1)) {
  }
  Report{}.print("idle");
  return 0;
}

}  // namespace nettrace::traffic
