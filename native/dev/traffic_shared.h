// Owns: one socket in the hands of two processes: written in turn by parent and child, or passed on after accept.
// Knows nothing of: nettrace. Each process counts what moved in its own turns, and a turn ends when all is
// acknowledged.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "native/dev/traffic_tcp.h"
#include "native/dev/traffic_udp.h"

namespace nettrace::traffic {

/// Waits until the peer has acknowledged everything.
inline void wait_for_acknowledgement(int fd) {
  for (int left = 1; left > 0;) {
    if (ioctl(fd, SIOCOUTQ, &left) != 0) die("SIOCOUTQ");
    if (left > 0) pause_ns(200'000);
  }
}

inline void add_difference(Report& report, const Report& before, const Report& after) {
  report.wire_sent += after.wire_sent - before.wire_sent;
  report.wire_received += after.wire_received - before.wire_received;
}

/// One turn: `messages` of `size` bytes.
inline void take_turn(int fd, const Address& address, const Options& options, Report& report) {
  const bool udp = options.has("udp");
  const size_t size = options.number("size", 1000);
  const Report before = udp ? Report{} : tcp_so_far(fd, address.family());
  for (uint64_t i = 0; i < options.number("messages", 20); ++i) {
    const ssize_t n = options.has("unconnected") ? sendto(fd, buffer.data(), size, 0, address.get(), address.length)
                                                 : send(fd, buffer.data(), size, MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(size)) die("send");
    report.payload_sent += size;
    if (udp) report.wire_sent += datagram_wire_bytes(size, address.family());
  }
  if (udp) return;
  wait_for_acknowledgement(fd);
  add_difference(report, before, tcp_so_far(fd, address.family()));
}

/// share ADDRESS PORT turns=N [messages=N] [size=N] [udp] [unconnected]: parent and child write to one socket in turn.
inline int share(const Address& address, const Options& options) {
  const bool udp = options.has("udp");
  const int fd = udp ? open_socket(address.family(), SOCK_DGRAM) : connect_to(address, options);
  if (udp && !options.has("unconnected") && connect(fd, address.get(), address.length) != 0) die("connect");
  int to_child[2];
  int to_parent[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(to_parent, O_CLOEXEC) != 0) die("pipe2");
  // The parent opened the connection: it counts what that took.
  Report report = udp ? Report{} : tcp_so_far(fd, address.family());
  report.connections = 1;
  const uint64_t turns = options.number("turns", 10);
  const auto alternate = [&](int from, int to, bool first, Report& own) {
    char token = 0;
    for (uint64_t turn = 0; turn < turns; ++turn) {
      if (!(first && turn == 0) && read(from, &token, 1) != 1) die("the other process ended");
      take_turn(fd, address, options, own);
      if (write(to, &token, 1) != 1) die("write");
    }
  };
  in_child("share-child", [&] {
    Report own;
    own.connections = 1;
    alternate(to_child[0], to_parent[1], false, own);
    return own;
  });
  alternate(to_parent[0], to_child[1], true, report);
  const bool good = wait_for(1);
  close(fd);
  report.print("share-parent");
  return good ? 0 : 1;
}

inline void pass_descriptor(int channel, int fd) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(head), &fd, sizeof fd);
  if (sendmsg(channel, &message, 0) != 1) die("sendmsg");
}

/// -1 at the end of the channel.
inline int take_descriptor(int channel) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) <= 0) return -1;
  const cmsghdr* head = CMSG_FIRSTHDR(&message);
  if (head == nullptr || head->cmsg_type != SCM_RIGHTS) die("no descriptor came");
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(head), sizeof fd);
  return fd;
}

/// serve-passed ADDRESS PORT connections=N [give=BYTES]: one process accepts, another gets the sockets by SCM_RIGHTS.
inline int serve_passed(const Address& address, const Options& options) {
  const int listener = open_socket(address.family(), SOCK_STREAM);
  if (bind(listener, address.get(), address.length) != 0) die("bind");
  if (listen(listener, 4096) != 0) die("listen");
  int channel[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) != 0) die("socketpair");
  in_child("worker", [&] {
    close(listener);
    close(channel[0]);
    Report report;
    for (int fd = -1; (fd = take_descriptor(channel[1])) >= 0;) {
      serve_connection(fd, address.family(), options.number("give", 0), report);
    }
    return report;
  });
  close(channel[1]);
  print_ready();
  for (uint64_t i = 0; i < options.number("connections", 1); ++i) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) die("accept");
    pass_descriptor(channel[0], fd);
    close(fd);
  }
  close(channel[0]);
  return wait_for(1) ? 0 : 1;
}

}  // namespace nettrace::traffic
