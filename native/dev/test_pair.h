// Owns: a veth pair between the test's own network namespace and that of a child, which answers there.
// Knows nothing of: capturing. Addresses: 10.9.0.1 on `left` here, 10.9.0.2 on `right` there.
#pragma once

#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <fstream>
#include <functional>

#include "native/base/unique_fd.h"
#include "native/dev/test_network.h"

namespace nettrace::test {

constexpr uint8_t kClosed = 7;  ///< TCP_CLOSE, net/tcp_states.h: the other end has acknowledged the end
constexpr uint16_t kStreamPort = 5001, kDatagramPort = 5002;

inline sockaddr_in address_of(const char* text, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

/// Turns an offload of a device off or on (ETHTOOL_STSO, ETHTOOL_SGRO, ...).
inline void set_offload(const char* device, uint32_t command, bool on) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM, 0));
  ethtool_value value{command, on ? 1U : 0U};
  ifreq request{};
  std::snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
  request.ifr_data = reinterpret_cast<char*>(&value);
  CHECK_EQ(::ioctl(fd.get(), SIOCETHTOOL, &request), 0);
}

/// No neighbour discovery of IPv6 between the frames that a test counts.
inline void without_ipv6() {
  for (const char* which : {"all", "default"}) {
    std::ofstream("/proc/sys/net/ipv6/conf/" + std::string(which) + "/disable_ipv6") << "1\n";
  }
}

/// What TCP says of one end of a connection.
inline tcp_info info_of(int fd) {
  tcp_info info{};
  socklen_t length = sizeof info;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  return info;
}

/// Answers on every address: reads a connection to its end, sends `bytes` back, and tells `report` what TCP says when
/// they have arrived. Never returns.
[[noreturn]] inline void serve(uint64_t bytes, int report) {
  const UniqueFd stream(::socket(AF_INET, SOCK_STREAM, 0));
  const UniqueFd datagrams(::socket(AF_INET, SOCK_DGRAM, 0));  // so that no ICMP answers
  const auto here = address_of("0.0.0.0", kStreamPort);
  const auto there = address_of("0.0.0.0", kDatagramPort);
  bind(datagrams.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there);
  bind(stream.get(), reinterpret_cast<const sockaddr*>(&here), sizeof here);
  listen(stream.get(), 8);
  [[maybe_unused]] auto told = ::write(report, "r", 1);
  std::array<char, 65'536> data{};
  for (;;) {
    const UniqueFd one(accept(stream.get(), nullptr, nullptr));
    while (::read(one.get(), data.data(), data.size()) > 0) {
    }
    for (uint64_t left = bytes; left > 0;) {
      const ssize_t sent = send(one.get(), data.data(), std::min<uint64_t>(left, data.size()), MSG_NOSIGNAL);
      if (sent <= 0) break;
      left -= static_cast<uint64_t>(sent);
    }
    shutdown(one.get(), SHUT_WR);
    tcp_info info = info_of(one.get());
    while (info.tcpi_state != kClosed) {
      ::poll(nullptr, 0, 1);
      info = info_of(one.get());
    }
    told = ::write(report, &info, sizeof info);
  }
}

/// What TCP itself says it moved, as it is on the wire.
struct StreamTruth {
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_packets = 0;
  uint64_t received_packets = 0;
};

/// A child that runs `serve` after `prepare`; it ends with this object. `own_network`: in a namespace of its own, into
/// which `right` is moved before `prepare` runs.
class Peer {
 public:
  Peer(Network& network, bool own_network, uint64_t bytes, const std::function<void(Network&)>& prepare) {
    int report[2] = {-1, -1};
    int moved[2] = {-1, -1};
    CHECK_EQ(pipe(report) + pipe(moved), 0);
    report_.reset(report[0]);
    child_ = fork();
    char token = 0;
    if (child_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (own_network) {
        if (unshare(CLONE_NEWNET) != 0) _exit(1);
        [[maybe_unused]] const auto told = ::write(report[1], "n", 1);
        [[maybe_unused]] const auto heard = ::read(moved[0], &token, 1);
        without_ipv6();
      }
      Network inner;
      prepare(inner);
      serve(bytes, report[1]);
    }
    if (own_network) {
      CHECK_EQ(::read(report[0], &token, 1), 1);
      network.move("right", static_cast<uint32_t>(child_));
      CHECK_EQ(::write(moved[1], "m", 1), 1);
    }
    CHECK_EQ(::read(report[0], &token, 1), 1);
    for (const int fd : {report[1], moved[0], moved[1]}) close(fd);
  }
  ~Peer() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Sends `bytes` to the server at `to` and reads its answer to the end. `link`: bytes of a frame before IP.
  StreamTruth exchange(const char* to, uint64_t bytes, uint32_t link) const {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM, 0));
    const auto address = address_of(to, kStreamPort);
    CHECK_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::array<char, 65'536> data{};
    for (uint64_t left = bytes; left > 0;) {
      const ssize_t sent = send(fd.get(), data.data(), std::min<uint64_t>(left, data.size()), MSG_NOSIGNAL);
      CHECK(sent > 0);
      if (sent <= 0) break;
      left -= static_cast<uint64_t>(sent);
    }
    shutdown(fd.get(), SHUT_WR);
    while (::read(fd.get(), data.data(), data.size()) > 0) {
    }
    tcp_info there{};
    CHECK_EQ(::read(report_.get(), &there, sizeof there), static_cast<ssize_t>(sizeof there));
    const tcp_info here = info_of(fd.get());
    const uint64_t headers = link + 20 + 32;  // time stamps are 12 bytes of options
    constexpr uint64_t kMoreOfSyn = 8;
    const auto wire = [&](const tcp_info& end) {
      return end.tcpi_bytes_sent + end.tcpi_segs_out * headers + kMoreOfSyn;
    };
    return {wire(here), wire(there), here.tcpi_segs_out, there.tcpi_segs_out};
  }

 private:
  pid_t child_ = -1;
  UniqueFd report_;
};

}  // namespace nettrace::test
