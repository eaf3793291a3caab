// Owns: the UDP traffic: a sender with a steady rate, and a receiver that may send everything back.
// Knows nothing of: nettrace and TCP.
#pragma once

#include "native/dev/traffic_socket.h"

namespace nettrace::traffic {

/// Frames of one datagram on an Ethernet with an MTU of 1500, fragments included, without check sums: RFC 791, RFC
/// 8200.
inline uint64_t datagram_wire_bytes(uint64_t payload, int family) {
  const uint64_t total = payload + 8;
  const uint64_t header = 14 + (family == AF_INET6 ? 40 : 20);
  if (total + header <= 1514) return total + header;
  const uint64_t fragment_header = family == AF_INET6 ? 8 : 0;
  const uint64_t room = (1514 - header - fragment_header) / 8 * 8;
  return total + (total + room - 1) / room * (header + fragment_header);
}

inline void count_datagram(ssize_t received, int family, Report& report) {
  report.payload_received += static_cast<uint64_t>(received);
  report.wire_received += datagram_wire_bytes(static_cast<uint64_t>(received), family);
}

/// Takes the socket's peer and, where it was not bound, its port from it, and gives it new ones: connect(2), AF_UNSPEC.
inline void connect_anew(int fd, const Address& address) {
  const sockaddr nobody{AF_UNSPEC, {}};
  if (connect(fd, &nobody, sizeof nobody) != 0 || connect(fd, address.get(), address.length) != 0) die("connect");
}

/// udp-send ADDRESS PORT packets=N size=N rate=N [unconnected] [anew] [bind=PORT] [from=ADDRESS]: takes answers until
/// it ends.
inline int udp_send(const Address& address, const Options& options) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  hold_all(fd);
  bind_own(fd, address.family(), options);
  const bool connected = !options.has("unconnected");
  if (connected && connect(fd, address.get(), address.length) != 0) die("connect");
  wait_if_early(options);
  const uint64_t packets = options.number("packets", 1);
  const size_t size = options.number("size", 1000);
  const uint64_t wire = datagram_wire_bytes(size, address.family());
  Report report;
  const Pace pace(options.number("rate", 0));
  const auto take_answers = [&](int wait_ms) {
    pollfd readable{fd, POLLIN, 0};
    poll(&readable, 1, wait_ms);
    for (ssize_t n = 0; (n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;) {
      count_datagram(n, address.family(), report);
    }
  };
  for (uint64_t sent = 0; sent < packets;) {
    for (const uint64_t due = std::min(packets, pace.due()); sent < due; ++sent) {
      if (options.has("anew")) connect_anew(fd, address);
      const ssize_t n = connected ? send(fd, buffer.data(), size, 0)
                                  : sendto(fd, buffer.data(), size, 0, address.get(), address.length);
      // An ICMP error for an earlier datagram is reported here once; this one was not sent.
      if (n < 0 && errno != ECONNREFUSED) die("send");
      if (n < 0) break;
      report.payload_sent += static_cast<uint64_t>(n);
      report.wire_sent += wire;
    }
    if (sent < packets) take_answers(1);
  }
  report.seconds = pace.seconds();
  report.cpu_seconds = pace.cpu_seconds();
  // Nobody says which answer is the last: as many bytes as were sent, or half a second of silence.
  const int64_t hold_end = now_ns() + static_cast<int64_t>(options.number("hold", 0)) * 1'000'000;
  while (now_ns() < hold_end) take_answers(static_cast<int>((hold_end - now_ns()) / 1'000'000));
  for (uint64_t before = UINT64_MAX;
       options.has("answers") && report.payload_received < report.payload_sent && before != report.payload_received;) {
    before = report.payload_received;
    take_answers(500);
  }
  report.print("udp-send");
  return 0;
}

/// fresh ADDRESS PORT rate=N [size=N] [open=N]: a new connected socket for each datagram, the last `open` of them kept,
/// until standard input ends.
inline int fresh(const Address& address, const Options& options) {
  const size_t size = options.number("size", 200);
  const uint64_t wire = datagram_wire_bytes(size, address.family());
  std::vector<int> open(std::max<uint64_t>(1, options.number("open", 100)), -1);
  const Pace pace(options.number("rate", 1000));
  Report report;
  print_ready();
  for (uint64_t sent = 0; !input_ended(1);) {
    for (const uint64_t due = pace.due(); sent < due; ++sent) {
      int& fd = open[sent % open.size()];
      if (fd >= 0) close(fd);
      fd = open_socket(address.family(), SOCK_DGRAM);
      if (connect(fd, address.get(), address.length) != 0) die("connect");
      if (send(fd, buffer.data(), size, 0) != static_cast<ssize_t>(size)) die("send");
      report.payload_sent += size;
      report.wire_sent += wire;
    }
  }
  report.connections = report.payload_sent / size;
  report.seconds = pace.seconds();
  report.print("fresh");
  return 0;
}

/// udp-receive ADDRESS PORT [echo] [rest=MS] [transparent]: until standard input ends. A receiver that rests looks into
/// its socket every MS milliseconds, so that no datagram wakes it: its sender then pays for datagrams, not for waking a
/// sleeper.
inline int udp_receive(const Address& address, const Options& options) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  hold_all(fd);
  set_transparent(fd, options);
  if (bind(fd, address.get(), address.length) != 0) die("bind");
  const bool echo = options.has("echo");
  const int rest_ms = static_cast<int>(options.number("rest", 0));
  print_ready();
  Report report;
  for (bool ended = false; !ended;) {
    std::array<pollfd, 2> fds{{{STDIN_FILENO, POLLIN, 0}, {fd, POLLIN, 0}}};
    if (poll(fds.data(), rest_ms > 0 ? 1 : 2, rest_ms > 0 ? rest_ms : -1) < 0) die("poll");
    ended = fds[0].revents != 0 && input_ended(0);
    for (;;) {
      Address peer;
      peer.length = sizeof peer.storage;
      auto* storage = reinterpret_cast<sockaddr*>(&peer.storage);
      const ssize_t n = recvfrom(fd, buffer.data(), buffer.size(), MSG_DONTWAIT, storage, &peer.length);
      if (n < 0) break;
      count_datagram(n, address.family(), report);
      if (!echo || sendto(fd, buffer.data(), static_cast<size_t>(n), 0, peer.get(), peer.length) != n) continue;
      report.payload_sent += static_cast<uint64_t>(n);
      report.wire_sent += datagram_wire_bytes(static_cast<uint64_t>(n), address.family());
    }
  }
  report.print("udp-receive");
  return 0;
}

}  // namespace nettrace::traffic
