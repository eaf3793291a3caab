// Owns: what the traffic programs share: addresses, sockets, a report line with what the kernel says was moved.
// Knows nothing of: nettrace.
#pragma once

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace nettrace::traffic {

[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "traffic: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

inline Address parse_address(const char* text, int port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(static_cast<uint16_t>(port));
    address.length = sizeof *v4;
  } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(static_cast<uint16_t>(port));
    address.length = sizeof *v6;
  } else {
    std::fprintf(stderr, "traffic: '%s' is not an address\n", text);
    std::exit(2);
  }
  return address;
}

/// What one process moved. Wire bytes are Ethernet frames, derived from the kernel's own counts of segments.
struct Report {
  uint64_t payload_sent = 0;
  uint64_t payload_received = 0;
  uint64_t wire_sent = 0;
  uint64_t wire_received = 0;
  uint64_t connections = 0;

  /// Adds a TCP connection that is about to be closed: each segment has 14 bytes Ethernet, 20 or 40 IP, 20 TCP and 12
  /// of time stamps; the SYN has 8 more of options. The FIN of this side is still to come and is one segment.
  void add_tcp(int fd, int family) {
    tcp_info info{};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return;
    const uint64_t header = 14 + (family == AF_INET6 ? 40 : 20) + 20 + 12;
    wire_sent += info.tcpi_bytes_sent + info.tcpi_segs_out * header + 8;
    wire_received += info.tcpi_bytes_received + info.tcpi_segs_in * header + 8;
    ++connections;
  }

  void print(const char* role) const {
    std::printf("{\"role\":\"%s\",\"pid\":%d,\"payloadSent\":%" PRIu64 ",\"payloadReceived\":%" PRIu64
                ",\"wireSent\":%" PRIu64 ",\"wireReceived\":%" PRIu64 ",\"connections\":%" PRIu64 "}\n",
                role, getpid(), payload_sent, payload_received, wire_sent, wire_received, connections);
    std::fflush(stdout);
  }
};

/// Says that the program is ready to be talked to.
inline void print_ready() {
  std::printf("{\"role\":\"ready\",\"pid\":%d}\n", getpid());
  std::fflush(stdout);
}

}  // namespace nettrace::traffic
