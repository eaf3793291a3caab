// Owns: what the tests of the socket meter share: a meter in a network namespace of its own, sums by process, children.
// Knows nothing of: what is tested.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "native/dev/test_network.h"
#include "native/meter/own_namespaces.h"
#include "native/meter/socket_books.h"
#include "native/meter/socket_meter.h"

namespace nettrace::test {

/// Why there is no meter here, as a reason to skip; empty where it works.
inline std::string meter_missing() {
  static const std::string reason = [] {
    const auto meter = SocketMeter::open({});
    if (meter) return std::string();
    const Error& error = meter.error();
    return std::string(error_code_text(error.code)) + " (" + error.detail + ", " + std::strerror(error.number) + ")";
  }();
  return reason;
}

/// What the records of our own network namespace come to.
class Books final : public MeterSink, public BookSink {
 public:
  explicit Books(Beside beside = Beside::kNothing) : netns_(own_network_namespace()), books_(*this, beside) {}

  void on_owner(const OwnerRecord& record) override {
    if (record.socket.netns == netns_) books_.on_owner(record);
  }
  void on_traffic(const TrafficRecord& record) override {
    if (record.socket.netns != netns_) return;
    if (record.kind == TrafficKind::kSplit) ++splits;
    if (record.kind == TrafficKind::kFlush) ++flushes;
    kernel_ = record.owner.kernel;
    if (record.owner.reason != Reason::kNone) last_reason = record.owner.reason;
    books_.on_traffic(record);
  }
  void on_injection(const InjectionRecord& record) override {
    if (record.netns == netns_) injected.emplace_back(record.owner.key.pid, record);
  }
  void on_exec(const ExecRecord& record) override {
    programs[record.info.key] = record.info;
    files[record.info.key] = record.file;
  }
  void on_rename(const RenameRecord& record) override { names[record.process.key].emplace_back(record.process.name); }
  void on_exit(const ExitRecord& record) override { ended.insert(record.process.key); }

  void on_charge(const MeteredSocket& socket, const MeteredProcess& owner, uint32_t interface,
                 const LaneCounters& counters) override {
    by_pid[kernel_ ? 0 : owner.key.pid] += counters;
    if (!kernel_) key_of[owner.key.pid] = owner.key;
    by_interface[interface] += counters;
    by_cookie[socket.cookie] += counters;
    by_peer[socket.tuple.remote.port] += counters;
    owner_of[{socket.tuple.protocol, socket.tuple.local.port, socket.tuple.remote.port}] = owner.key;
  }
  void on_move(const MeteredSocket& socket, const ChargedTo& from, const MeteredProcess& to, uint32_t,
               const LaneCounters& counters) override {
    by_pid[from.process.pid] -= counters;
    by_pid[to.key.pid] += counters;
    owner_of[{socket.tuple.protocol, socket.tuple.local.port, socket.tuple.remote.port}] = to.key;
  }

  void on_retransmission(const MeteredSocket&, const MeteredProcess& owner, uint64_t bytes, uint64_t) override {
    retransmitted[owner.key.pid] += bytes;
  }

  void on_owned(const MeteredSocket& socket, const MeteredProcess& owner) override {
    owned.emplace_back(owner.key.pid, socket);
  }

  size_t open_sockets() const noexcept { return books_.open_sockets(); }
  LaneCounters all() const {
    LaneCounters sum;
    for (const auto& [pid, counters] : by_pid) sum += counters;
    return sum;
  }
  uint32_t owner_pid(uint8_t protocol, uint16_t local, uint16_t remote) const {
    const auto found = owner_of.find({protocol, local, remote});
    return found == owner_of.end() ? 0 : found->second.pid;
  }

  std::map<uint32_t, LaneCounters> by_pid;  ///< 0: the kernel, and nobody
  std::map<uint32_t, LaneCounters> by_interface;
  std::map<uint64_t, LaneCounters> by_cookie;
  std::map<std::array<uint16_t, 3>, ProcessKey> owner_of;  ///< by protocol, local port, remote port
  std::map<uint32_t, uint64_t> retransmitted;
  std::map<uint16_t, LaneCounters> by_peer;  ///< by port of the other end
  std::map<uint32_t, ProcessKey> key_of;     ///< of the process in our namespace that was charged, by pid
  // These tell of the whole machine, where a pid may soon be another process's.
  std::map<ProcessKey, ProcessInfo> programs;
  std::map<ProcessKey, FileId> files;
  std::map<ProcessKey, std::vector<std::string>> names;  ///< that it took, one after the other
  std::set<ProcessKey> ended;
  std::vector<std::pair<uint32_t, InjectionRecord>> injected;
  std::vector<std::pair<uint32_t, MeteredSocket>> owned;  ///< by pid, in the order of the records
  Reason last_reason = Reason::kNone;                     ///< that a record gave
  int splits = 0;
  int flushes = 0;

 private:
  uint32_t netns_;
  bool kernel_ = false;
  SocketBooks books_;
};

inline void write_text(const std::string& path, const char* text) {
  if (std::FILE* file = std::fopen(path.c_str(), "w")) {
    std::fputs(text, file);
    std::fclose(file);
  }
}

/// Runs `body` with a meter in a network namespace of its own, whose loopback is up and which has no IPv6.
inline void metered(const std::function<void(SocketMeter&, Books&)>& body, const SocketMeterOptions& options = {}) {
  if (!meter_missing().empty()) SKIP(meter_missing());
  const bool permitted = in_own_network([&] {
    write_text("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    Network().set_up("lo", true);
    auto meter = SocketMeter::open(options);
    CHECK(meter.ok());
    if (!meter) return;
    Books books;
    body(*meter.value(), books);
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

/// Reads until nothing more comes: what has been sent has been counted by then.
inline void read_all(SocketMeter& meter, Books& books) {
  for (int i = 0; i < 3; ++i) {
    CHECK(meter.dump(books).ok());
    ::usleep(20'000);
  }
  CHECK(meter.dump(books).ok());
  CHECK_EQ(meter.losses().events, 0u);
}

/// Frames and bytes sent on an interface of our namespace, /proc/net/dev: the tenth and the ninth number of its line.
inline std::pair<uint64_t, uint64_t> interface_sent(const std::string& name) {
  std::pair<uint64_t, uint64_t> sent;
  std::FILE* file = std::fopen("/proc/thread-self/net/dev", "r");
  std::array<char, 512> line;
  while (file != nullptr && std::fgets(line.data(), line.size(), file) != nullptr) {
    const char* at = line.data() + std::strspn(line.data(), " ");
    if (std::strncmp(at, (name + ":").c_str(), name.size() + 1) != 0) continue;
    at += name.size() + 1;
    std::array<uint64_t, 10> numbers{};
    char* next = nullptr;
    for (uint64_t& number : numbers) number = std::strtoull(at, &next, 10), at = next;
    sent = {numbers[9], numbers[8]};
  }
  if (file != nullptr) std::fclose(file);
  return sent;
}

inline sockaddr_in address_v4(uint32_t address, uint16_t port) {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(address);
  return v4;
}
inline const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}
inline uint16_t local_port(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}
inline uint64_t cookie_of(int fd) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  ::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size);
  return cookie;
}
inline uint16_t remote_port(int fd) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  ::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}
inline UniqueFd bound_v4(int type, uint16_t port = 0) {
  UniqueFd fd(::socket(AF_INET, type, 0));
  const sockaddr_in address = address_v4(INADDR_LOOPBACK, port);
  CHECK(::bind(fd.get(), generic(address), sizeof address) == 0);
  if (type == SOCK_STREAM) CHECK(::listen(fd.get(), 512) == 0);
  return fd;
}
inline UniqueFd connected_v4(int type, uint16_t port) {
  UniqueFd fd(::socket(AF_INET, type, 0));
  const sockaddr_in address = address_v4(INADDR_LOOPBACK, port);
  CHECK(::connect(fd.get(), generic(address), sizeof address) == 0);
  return fd;
}
inline void send_bytes(int fd, size_t size) {
  const std::vector<char> bytes(size, 'x');
  for (size_t sent = 0; sent < size;) {
    const ssize_t one = ::send(fd, bytes.data(), size - sent, MSG_NOSIGNAL);
    if (one <= 0) return;
    sent += static_cast<size_t>(one);
  }
}
/// Receives this many bytes, or until the other end closes.
inline size_t receive_bytes(int fd, size_t size = SIZE_MAX) {
  std::array<char, 65536> part;
  size_t got = 0;
  while (got < size) {
    const ssize_t one = ::recv(fd, part.data(), std::min(part.size(), size - got), 0);
    if (one <= 0) break;
    got += static_cast<size_t>(one);
  }
  return got;
}

/// Forks; the child runs `body` and ends.
inline pid_t in_child(const std::function<void()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  body();
  ::_exit(0);
}
inline void wait_for(pid_t pid) {
  ::waitpid(pid, nullptr, 0);
}

/// What a client of the tests asks, and what it is answered, in bytes.
constexpr size_t kQuestion = 1000, kAnswer = 500;

/// Accepts one client of a stream, answers it and reads to its end.
inline void answer_stream(int listener) {
  const UniqueFd fd(::accept4(listener, nullptr, nullptr, 0));
  receive_bytes(fd.get(), kQuestion);
  send_bytes(fd.get(), kAnswer);
  receive_bytes(fd.get());
}
/// Answers one datagram.
inline void answer_datagram(int fd) {
  std::array<char, 2048> buffer;
  sockaddr_in from{};
  socklen_t length = sizeof from;
  ::recvfrom(fd, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
  ::sendto(fd, buffer.data(), kAnswer, 0, generic(from), length);
}

}  // namespace nettrace::test
