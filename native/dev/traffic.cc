// Owns: known traffic for the truth tests: each program moves an exact number of bytes and reports it as a JSON line.
// Knows nothing of: nettrace. A server prints a "ready" line; standard input at its end tells it to finish.
//   traffic serve ADDRESS PORT CONNECTIONS SOURCE_BYTES        accepts, reads to the end, then sends SOURCE_BYTES
//   traffic connect ADDRESS PORT BYTES [RATE=0] [HOLD_MS=0]    sends, closes its side, reads to the end
//   traffic burst ADDRESS PORT PROCESSES BYTES                 one short-lived process after the other
//   traffic udp-send ADDRESS PORT PACKETS SIZE RATE connected|unconnected [BIND_PORT]
//   traffic udp-receive ADDRESS PORT                           until standard input ends
//   traffic idle ADDRESS PORT CONNECTIONS                      opens them and holds them until standard input ends
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "native/dev/traffic_socket.h"

namespace nettrace::traffic {
namespace {

std::array<char, 256 * 1024> buffer{};

void pause_ns(int64_t nanos) {
  const timespec pause{nanos / 1'000'000'000, nanos % 1'000'000'000};
  nanosleep(&pause, nullptr);
}

int open_socket(int family, int type) {
  const int fd = socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return fd;
}

bool input_ended(int timeout_ms) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, timeout_ms) <= 0) return false;
  char byte = 0;
  return read(STDIN_FILENO, &byte, 1) <= 0;
}

struct Connection {
  int fd;
  uint64_t left;
  bool reading = true;
};

/// Reads or writes as far as possible; false when the connection is done.
bool serve_some(Connection& connection, Report& report) {
  if (connection.reading) {
    const ssize_t n = read(connection.fd, buffer.data(), buffer.size());
    if (n > 0) report.payload_received += static_cast<uint64_t>(n);
    if (n != 0) return n > 0 || errno == EAGAIN;
    connection.reading = false;
  }
  while (connection.left > 0) {
    const ssize_t n = send(connection.fd, buffer.data(), std::min<uint64_t>(connection.left, buffer.size()), MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    connection.left -= static_cast<uint64_t>(n);
    report.payload_sent += static_cast<uint64_t>(n);
  }
  return false;
}

int serve(const Address& address, uint64_t connections, uint64_t source_bytes) {
  const int listener = open_socket(address.family(), SOCK_STREAM);
  if (bind(listener, address.get(), address.length) != 0) die("bind");
  if (listen(listener, 4096) != 0) die("listen");
  print_ready();
  Report report;
  std::vector<Connection> open;
  while (connections > 0 || !open.empty()) {
    std::vector<pollfd> fds{{connections > 0 ? listener : -1, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    for (const Connection& one : open) {
      fds.push_back({one.fd, static_cast<short>(one.reading ? POLLIN : POLLOUT), 0});
    }
    if (poll(fds.data(), fds.size(), -1) < 0) die("poll");
    if (fds[1].revents != 0 && input_ended(0)) break;
    for (size_t i = open.size(); i-- > 0;) {
      if (fds[i + 2].revents == 0 || serve_some(open[i], report)) continue;
      shutdown(open[i].fd, SHUT_WR);
      report.add_tcp(open[i].fd, address.family());
      close(open[i].fd);
      open.erase(open.begin() + static_cast<long>(i));
    }
    if ((fds[0].revents & POLLIN) != 0) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) open.push_back({fd, source_bytes});
      if (fd >= 0) --connections;
    }
  }
  report.print("serve");
  return 0;
}

Report transfer(const Address& address, uint64_t bytes, uint64_t rate, int hold_ms) {
  const int fd = open_socket(address.family(), SOCK_STREAM);
  if (connect(fd, address.get(), address.length) != 0) die("connect");
  Report report;
  // Rate-limited traffic goes out in a hundred pieces a second.
  const uint64_t piece = rate == 0 ? buffer.size() : std::clamp<uint64_t>(rate / 100, 1, buffer.size());
  while (report.payload_sent < bytes) {
    const ssize_t n = send(fd, buffer.data(), std::min(piece, bytes - report.payload_sent), MSG_NOSIGNAL);
    if (n < 0) die("send");
    report.payload_sent += static_cast<uint64_t>(n);
    if (rate != 0) pause_ns(10'000'000);
  }
  if (hold_ms > 0) pause_ns(int64_t{hold_ms} * 1'000'000);
  shutdown(fd, SHUT_WR);
  for (ssize_t n = 1; n > 0;) {
    n = read(fd, buffer.data(), buffer.size());
    if (n > 0) report.payload_received += static_cast<uint64_t>(n);
  }
  report.add_tcp(fd, address.family());
  close(fd);
  return report;
}

int burst(const Address& address, int processes, uint64_t bytes) {
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      transfer(address, bytes, 0, 0);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) return 1;
  }
  Report{}.print("burst");
  return 0;
}

int udp_send(const Address& address, uint64_t packets, size_t size, uint64_t rate, bool connected, int bind_port) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  if (bind_port != 0) {
    const Address own = parse_address(address.family() == AF_INET6 ? "::" : "0.0.0.0", bind_port);
    if (bind(fd, own.get(), own.length) != 0) die("bind");
  }
  if (connected && connect(fd, address.get(), address.length) != 0) die("connect");
  Report report;
  for (uint64_t i = 0; i < packets; ++i) {
    const ssize_t n = connected ? send(fd, buffer.data(), size, 0)
                                : sendto(fd, buffer.data(), size, 0, address.get(), address.length);
    if (n < 0 && errno != ECONNREFUSED) die("send");
    if (n < 0) continue;
    report.payload_sent += static_cast<uint64_t>(n);
    report.wire_sent += size + 8 + (address.family() == AF_INET6 ? 40 : 20) + 14;
    if (rate != 0) pause_ns(static_cast<int64_t>(1'000'000'000 / rate));
  }
  report.print("udp-send");
  return 0;
}

int udp_receive(const Address& address) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  const int space = 8 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
  if (bind(fd, address.get(), address.length) != 0) die("bind");
  print_ready();
  Report report;
  for (;;) {
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) die("poll");
    if ((fds[0].revents & POLLIN) == 0 && input_ended(0)) break;
    for (;;) {
      const ssize_t n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (n < 0) break;
      report.payload_received += static_cast<uint64_t>(n);
      report.wire_received += static_cast<uint64_t>(n) + 8 + (address.family() == AF_INET6 ? 40 : 20) + 14;
    }
  }
  report.print("udp-receive");
  return 0;
}

int idle(const Address& address, int connections) {
  std::vector<int> fds;
  for (int i = 0; i < connections; ++i) {
    const int fd = open_socket(address.family(), SOCK_STREAM);
    if (connect(fd, address.get(), address.length) != 0) die("connect");
    fds.push_back(fd);
  }
  print_ready();
  while (!input_ended(-1)) {
  }
  Report{}.print("idle");
  return 0;
}

uint64_t number(const std::vector<std::string>& arguments, size_t i, uint64_t otherwise = 0) {
  return i < arguments.size() ? std::strtoull(arguments[i].c_str(), nullptr, 10) : otherwise;
}

int run(const std::vector<std::string>& a) {
  if (a.size() < 3) {
    std::fprintf(stderr, "traffic: see the head of traffic.cc for its commands\n");
    return 2;
  }
  const Address address = parse_address(a[1].c_str(), static_cast<int>(number(a, 2)));
  if (a[0] == "serve") return serve(address, number(a, 3, 1), number(a, 4));
  if (a[0] == "connect") {
    transfer(address, number(a, 3), number(a, 4), static_cast<int>(number(a, 5))).print("connect");
    return 0;
  }
  if (a[0] == "burst") return burst(address, static_cast<int>(number(a, 3, 1)), number(a, 4));
  if (a[0] == "udp-send") {
    const bool connected = a.size() > 6 && a[6] == "connected";
    return udp_send(address, number(a, 3), number(a, 4), number(a, 5), connected, static_cast<int>(number(a, 7)));
  }
  if (a[0] == "udp-receive") return udp_receive(address);
  if (a[0] == "idle") return idle(address, static_cast<int>(number(a, 3)));
  return 2;
}

}  // namespace
}  // namespace nettrace::traffic

int main(int argc, char** argv) { return nettrace::traffic::run(std::vector<std::string>(argv + 1, argv + argc)); }
