// Owns: traffic of sockets without ports: echo requests from ping and raw sockets, and a raw protocol. IPv4.
// Knows nothing of: nettrace. The port of the command line is the IP protocol.
#pragma once

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "native/dev/traffic_socket.h"

namespace nettrace::traffic {

constexpr uint64_t kRawHeaders = 14 + 20;

inline uint8_t protocol_of(const Address& address) {
  return static_cast<uint8_t>(ntohs(reinterpret_cast<const sockaddr_in*>(&address.storage)->sin_port));
}

inline Address without_port(Address address) {
  reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = 0;
  return address;
}

inline uint16_t internet_checksum(const char* data, size_t size) {
  uint32_t sum = 0;
  for (size_t i = 0; i + 1 < size; i += 2) {
    uint16_t word = 0;
    std::memcpy(&word, data + i, sizeof word);
    sum += word;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

/// ping ADDRESS 1 packets=N [size=N] [raw]: each request waits for its reply. `size` is even, with the ICMP header.
inline int ping(const Address& address, const Options& options) {
  const bool raw = options.has("raw");
  const Address target = without_port(address);
  const int fd = socket(AF_INET, (raw ? SOCK_RAW : SOCK_DGRAM) | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) die("socket");
  const size_t size = options.number("size", 1000);
  Report report;
  for (uint64_t i = 0; i < options.number("packets", 1); ++i) {
    icmphdr header{};
    header.type = ICMP_ECHO;
    header.un.echo.id = htons(static_cast<uint16_t>(getpid()));
    header.un.echo.sequence = htons(static_cast<uint16_t>(i));
    std::memcpy(buffer.data(), &header, sizeof header);
    std::memset(buffer.data() + sizeof header, 0, size - sizeof header);
    header.checksum = internet_checksum(buffer.data(), size);
    std::memcpy(buffer.data(), &header, sizeof header);
    if (sendto(fd, buffer.data(), size, 0, target.get(), target.length) != static_cast<ssize_t>(size)) die("sendto");
    report.wire_sent += kRawHeaders + size;
    pollfd readable{fd, POLLIN, 0};
    if (poll(&readable, 1, 5000) <= 0) die("no reply");
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    if (n < 0) die("recv");
    report.wire_received += (raw ? 14 : kRawHeaders) + static_cast<uint64_t>(n);
    pause_ns(500'000);
  }
  close(fd);
  report.print("ping");
  return 0;
}

inline int open_raw(const Address& address) {
  const int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, protocol_of(address));
  if (fd < 0) die("socket");
  hold_all(fd);
  return fd;
}

/// Puts an IP header before what is sent that names another sender.
inline void forge_header(int fd, const Address& target, const Options& options, size_t size) {
  const int on = 1;
  if (setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof on) != 0) die("IP_HDRINCL");
  const Address from = parse_address(options.text("from").c_str(), 0);
  iphdr header{};
  header.version = 4;
  header.ihl = 5;
  header.tot_len = htons(static_cast<uint16_t>(sizeof header + size));
  header.ttl = 64;
  header.protocol = protocol_of(target);
  header.saddr = reinterpret_cast<const sockaddr_in*>(&from.storage)->sin_addr.s_addr;
  header.daddr = reinterpret_cast<const sockaddr_in*>(&target.storage)->sin_addr.s_addr;
  std::memcpy(buffer.data(), &header, sizeof header);
}

/// raw-send ADDRESS PROTOCOL packets=N [size=N] [rate=N] [hold=MS] [from=ADDRESS]
inline int raw_send(const Address& address, const Options& options) {
  const int fd = open_raw(address);
  const Address target = without_port(address);
  const size_t size = options.number("size", 1000);
  const bool forged = !options.text("from").empty();
  if (forged) forge_header(fd, address, options, size);
  const size_t whole = size + (forged ? sizeof(iphdr) : 0);
  const uint64_t packets = options.number("packets", 1);
  const Pace pace(options.number("rate", 0));
  Report report;
  for (uint64_t sent = 0; sent < packets;) {
    for (const uint64_t due = std::min(packets, pace.due()); sent < due; ++sent) {
      const ssize_t n = sendto(fd, buffer.data(), whole, 0, target.get(), target.length);
      if (n != static_cast<ssize_t>(whole)) die("sendto");
      report.wire_sent += kRawHeaders + size;
    }
    pause_ns(500'000);
  }
  pause_ns(static_cast<int64_t>(options.number("hold", 0)) * 1'000'000);
  report.print("raw-send");
  return 0;
}

/// raw-receive ADDRESS PROTOCOL: until standard input ends.
inline int raw_receive(const Address& address, const Options&) {
  const int fd = open_raw(address);
  print_ready();
  Report report;
  for (bool ended = false; !ended;) {
    std::array<pollfd, 2> fds{{{fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), -1) < 0) die("poll");
    ended = fds[1].revents != 0 && input_ended(0);
    for (ssize_t n = 0; (n = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT)) >= 0;) {
      report.wire_received += 14 + static_cast<uint64_t>(n);
    }
  }
  report.print("raw-receive");
  return 0;
}

}  // namespace nettrace::traffic
