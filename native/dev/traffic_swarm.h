// Owns: processes of a millisecond: each is forked and executed, talks once and is gone; also with one port or one pid.
// Knows nothing of: nettrace, and what connect and ask do on the wire.
#pragma once

#include <fcntl.h>

#include "native/dev/traffic_tcp.h"
#include "native/dev/traffic_udp.h"

namespace nettrace::traffic {

/// ask ADDRESS PORT [size=N] [bind=PORT] [unconnected] [silent]: one datagram and, unless silent, its one answer.
inline int ask(const Address& address, const Options& options) {
  const int fd = open_socket(address.family(), SOCK_DGRAM);
  bind_port(fd, address.family(), options.number("bind", 0));
  const bool connected = !options.has("unconnected");
  if (connected && connect(fd, address.get(), address.length) != 0) die("connect");
  const size_t size = options.number("size", 40);
  const ssize_t n =
      connected ? send(fd, buffer.data(), size, 0) : sendto(fd, buffer.data(), size, 0, address.get(), address.length);
  if (n != static_cast<ssize_t>(size)) die("send");
  Report report;
  report.payload_sent = size;
  report.wire_sent = datagram_wire_bytes(size, address.family());
  if (!options.has("silent")) {
    pollfd readable{fd, POLLIN, 0};
    if (poll(&readable, 1, 5000) <= 0) die("no answer");
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), 0);
    if (got < 0) die("recv");
    count_datagram(got, address.family(), report);
  }
  close(fd);
  report.print("ask");
  return 0;
}

/// The next fork of this pid namespace gets `pid`, if no other process is faster: proc(5), ns_last_pid.
inline void wish_for_pid(pid_t pid) {
  const int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
  if (fd < 0) die("ns_last_pid");
  char text[16];
  const int length = std::snprintf(text, sizeof text, "%d", pid - 1);
  if (write(fd, text, static_cast<size_t>(length)) != length) die("ns_last_pid");
  close(fd);
}

inline std::string text_of(const Address& address, uint16_t& port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family() == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    port = ntohs(v4->sin_port);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    port = ntohs(v6->sin6_port);
    inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  }
  return text;
}

/// A child that has `wanted` as its pid (0: any) and becomes `words`. A child with another pid ends at once.
inline pid_t execute(const std::vector<std::string>& words, pid_t wanted) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  for (int turn = 0; turn < 1000; ++turn) {
    if (wanted != 0) wish_for_pid(wanted);
    const pid_t child = fork();
    if (child < 0) die("fork");
    if (child == 0) {
      if (wanted != 0 && getpid() != wanted) _exit(0);
      execv("/proc/self/exe", arguments.data());
      _exit(127);
    }
    if (wanted == 0 || child == wanted) return child;
    wait_for(1);
  }
  die("no process got the pid");
}

/// swarm ADDRESS PORT processes=N [rate=PROCESSES/S] [udp] [together] [same-pid], and the options of connect or of ask.
inline int swarm(const Address& address, const Options& options) {
  const uint64_t processes = options.number("processes", 1);
  const bool together = options.has("together");
  uint16_t port = 0;
  const std::string text = text_of(address, port);
  std::vector<std::string> words{"traffic", options.has("udp") ? "ask" : "connect", text, std::to_string(port)};
  // The rate is of processes; what each of them sends has no limit.
  for (const std::string& word : options.words()) {
    if (!word.starts_with("rate=")) words.push_back(word);
  }
  const Pace pace(options.number("rate", 0));
  pid_t pid = 0;
  bool good = true;
  for (uint64_t i = 0; i < processes; ++i) {
    while (pace.due() <= i) pause_ns(200'000);
    const pid_t child = execute(words, pid);
    if (options.has("same-pid")) pid = child;
    if (!together) good &= wait_for(1);
  }
  return (together ? wait_for(processes) : good) ? 0 : 1;
}

}  // namespace nettrace::traffic
