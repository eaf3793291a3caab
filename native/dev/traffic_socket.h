// Owns: what the traffic programs share: arguments, addresses, sockets, pacing, and a report of what was moved.
// Knows nothing of: nettrace.
#pragma once

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace nettrace::traffic {

inline std::array<char, 256 * 1024> buffer{};

[[noreturn]] inline void die(const char* what) {
  std::fprintf(stderr, "traffic: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

/// Words after the address and port: `name=value`, or `name` alone for what is on or off.
class Options {
 public:
  explicit Options(std::vector<std::string> words) : words_(std::move(words)) {}
  uint64_t number(std::string_view name, uint64_t otherwise) const {
    for (const std::string& word : words_) {
      const bool named = word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=';
      if (named) return std::strtoull(word.c_str() + name.size() + 1, nullptr, 10);
    }
    return otherwise;
  }
  std::string text(std::string_view name) const {
    for (const std::string& word : words_) {
      const bool named = word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=';
      if (named) return word.substr(name.size() + 1);
    }
    return {};
  }
  const std::vector<std::string>& words() const { return words_; }
  bool has(std::string_view name) const { return std::find(words_.begin(), words_.end(), name) != words_.end(); }

 private:
  std::vector<std::string> words_;
};

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  int family() const { return storage.ss_family; }
};

inline Address parse_address(const char* text, uint64_t port) {
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

inline int64_t clock_ns(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
inline int64_t now_ns() {
  return clock_ns(CLOCK_MONOTONIC);
}

inline void pause_ns(int64_t nanos) {
  if (nanos <= 0) return;
  const timespec pause{nanos / 1'000'000'000, nanos % 1'000'000'000};
  nanosleep(&pause, nullptr);
}

/// Keeps to a rate by the time since the start, so that a late wake-up is made good. Rate 0: no limit.
class Pace {
 public:
  explicit Pace(uint64_t units_per_second) : rate_(units_per_second), start_ns_(now_ns()) {}
  bool limited() const { return rate_ != 0; }
  /// How many units may be out by now.
  uint64_t due() const {
    if (rate_ == 0) return UINT64_MAX;
    return static_cast<uint64_t>(static_cast<double>(now_ns() - start_ns_) * static_cast<double>(rate_) / 1e9);
  }
  double seconds() const { return static_cast<double>(now_ns() - start_ns_) / 1e9; }
  double cpu_seconds() const { return static_cast<double>(clock_ns(CLOCK_THREAD_CPUTIME_ID) - start_cpu_ns_) / 1e9; }

 private:
  uint64_t rate_;
  int64_t start_ns_;
  int64_t start_cpu_ns_ = clock_ns(CLOCK_THREAD_CPUTIME_ID);
};

/// What a busy machine does not let the program read in time stays in the socket: it is on the wire, and in no report.
inline void hold_all(int fd) {
  const int space = 8 * 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &space, sizeof space);
}

inline int open_socket(int family, int type, int protocol = 0) {
  const int fd = socket(family, type | SOCK_CLOEXEC, protocol);
  if (fd < 0) die("socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  return fd;
}

/// Binds the wildcard address of the family; port 0 leaves the choice to the kernel.
inline void bind_port(int fd, int family, uint64_t port) {
  if (port == 0) return;
  const Address own = parse_address(family == AF_INET6 ? "::" : "0.0.0.0", port);
  if (bind(fd, own.get(), own.length) != 0) die("bind");
}

/// [transparent]: the socket may have an address that nobody here has.
inline void set_transparent(int fd, const Options& options) {
  const int on = 1;
  if (options.has("transparent") && setsockopt(fd, SOL_IP, IP_TRANSPARENT, &on, sizeof on) != 0) die("IP_TRANSPARENT");
}

/// [bind=PORT] [from=ADDRESS [transparent]]: an address may be one that no interface has.
inline void bind_own(int fd, int family, const Options& options) {
  const std::string from = options.text("from");
  if (from.empty()) return bind_port(fd, family, options.number("bind", 0));
  set_transparent(fd, options);
  const Address own = parse_address(from.c_str(), options.number("bind", 0));
  if (bind(fd, own.get(), own.length) != 0) die("bind");
}

inline bool input_ended(int timeout_ms) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, timeout_ms) <= 0) return false;
  char byte = 0;
  return read(STDIN_FILENO, &byte, 1) <= 0;
}

/// As many open files as may be had without more rights.
inline void allow_many_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// What one process moved. Wire bytes are Ethernet frames, derived from the kernel's own counts of segments.
struct Report {
  uint64_t payload_sent = 0;
  uint64_t payload_received = 0;
  uint64_t wire_sent = 0;
  uint64_t wire_received = 0;
  uint64_t connections = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of the sending thread, the kernel's work in its name included; 0 where nobody asks

  /// Adds a TCP connection that is about to be closed: each segment has 14 bytes Ethernet, 20 or 40 IP, 20 TCP and 12
  /// of time stamps; the SYN has 8 more of options. The last acknowledgement may still be to come.
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
    std::printf(
        "{\"role\":\"%s\",\"pid\":%d,\"payloadSent\":%" PRIu64 ",\"payloadReceived\":%" PRIu64 ",\"wireSent\":%" PRIu64
        ",\"wireReceived\":%" PRIu64 ",\"connections\":%" PRIu64 ",\"seconds\":%.3f,\"cpuSeconds\":%.6f}\n",
        role, getpid(), payload_sent, payload_received, wire_sent, wire_received, connections, seconds, cpu_seconds);
    std::fflush(stdout);
  }
};

/// Says that the program is ready to be talked to.
inline void print_ready() {
  std::printf("{\"role\":\"ready\",\"pid\":%d}\n", getpid());
  std::fflush(stdout);
}

/// With `early`: says that it is connected, and waits until standard input ends.
inline void wait_if_early(const Options& options) {
  if (!options.has("early")) return;
  print_ready();
  while (!input_ended(-1)) {
  }
}

}  // namespace nettrace::traffic
