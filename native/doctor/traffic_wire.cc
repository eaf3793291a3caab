#include "native/doctor/traffic_wire.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "native/base/unique_fd.h"

namespace nettrace {
namespace {

constexpr uint64_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kUdp = 8, kTcp = 20;
// Options of TCP (RFC 9293, RFC 7323, RFC 2018) as Linux lays them out in tcp_options_write, net/ipv4/tcp_output.c.
constexpr uint64_t kTimestamps = 12, kSegmentSize = 4, kWindowScale = 4, kSelective = 4;

constexpr uint64_t below_transport(bool v6) noexcept {
  return kEthernet + (v6 ? kIpv6 : kIpv4);
}

}  // namespace

WireCount stream_count(int fd, bool v6, StreamEnd end) {
  tcp_info info{};
  socklen_t length = sizeof info;
  ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  const bool timestamps = (info.tcpi_options & TCPI_OPT_TIMESTAMPS) != 0;
  const uint64_t header = below_transport(v6) + kTcp + (timestamps ? kTimestamps : 0);
  uint64_t more_of_first = kSegmentSize;
  if ((info.tcpi_options & TCPI_OPT_WSCALE) != 0) more_of_first += kWindowScale;
  // With time stamps the permission for selective acknowledgements takes the place of their padding.
  if ((info.tcpi_options & TCPI_OPT_SACK) != 0 && !timestamps) more_of_first += kSelective;
  // A connection request is answered before there is a socket that could count it (tcp_v4_send_synack).
  const uint64_t segments = info.tcpi_segs_out + (end == StreamEnd::kAccepting ? 1 : 0);
  return {info.tcpi_bytes_sent + segments * header + more_of_first, segments};
}

void without_selective_acknowledgements() {
  const UniqueFd file(::open("/proc/sys/net/ipv4/tcp_sack", O_WRONLY | O_CLOEXEC));
  if (file) [[maybe_unused]]
    const auto written = ::write(file.get(), "0\n", 2);
}

uint64_t datagram_size(size_t payload, bool v6) noexcept {
  return below_transport(v6) + kUdp + payload;
}

void limit_waiting(int fd) {
  const timeval second{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

bool send_all(int fd, const void* data, size_t length) {
  const auto* next = static_cast<const uint8_t*>(data);
  while (length > 0) {
    const ssize_t sent = ::send(fd, next, length, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    next += sent;
    length -= static_cast<size_t>(sent);
  }
  return true;
}

bool send_zeros(int fd, size_t length) {
  static constexpr std::array<uint8_t, 65'536> kZeros{};
  while (length > 0) {
    const size_t part = std::min(length, kZeros.size());
    if (!send_all(fd, kZeros.data(), part)) return false;
    length -= part;
  }
  return true;
}

size_t read_to_end(int fd) {
  std::array<uint8_t, 65'536> data;
  size_t all = 0;
  for (;;) {
    const ssize_t got = ::recv(fd, data.data(), data.size(), 0);
    if (got <= 0) return all;
    all += static_cast<size_t>(got);
  }
}

}  // namespace nettrace
