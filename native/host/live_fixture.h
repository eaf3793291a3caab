// Owns: what the end-to-end tests need: sockets on loopback, children that wait and tell, and an attributor that is
// asked. Knows nothing of: what is tested. Waits for events only, each for five seconds at most.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/host/attributor.h"
#include "native/host/process_info.h"
#include "native/host/process_stat.h"

namespace nettrace::test {

struct Socket {
  UniqueFd fd;
};

inline Endpoint endpoint_of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return {IpAddress::v4_bytes(&v4.sin_addr), ntohs(v4.sin_port)};
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  return {IpAddress::v6_bytes(&v6.sin6_addr), ntohs(v6.sin6_port)};
}
inline Endpoint local_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return endpoint_of(address);
}
inline Endpoint remote_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket.fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  return endpoint_of(address);
}
inline uint16_t port_of(const Socket& socket) {
  return local_of(socket).port;
}

inline sockaddr_in loopback_v4(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}
inline bool bind_v4(const Socket& socket, uint16_t port) {
  const sockaddr_in address = loopback_v4(port);
  return ::bind(socket.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// A listener on loopback; `dual`: on the IPv6 wildcard, for IPv4 too. Empty where the family is missing.
inline Socket listen_on(int family, bool dual = false) {
  Socket listener{UniqueFd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  bool bound = false;
  if (family == AF_INET) {
    bound = bind_v4(listener, 0);
  } else if (listener.fd) {
    const int v6_only = dual ? 0 : 1;
    ::setsockopt(listener.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = dual ? in6addr_any : in6addr_loopback;
    bound = ::bind(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  if (!bound || ::listen(listener.fd.get(), 8) != 0) listener.fd.reset();
  return listener;
}
inline Socket connect_v4(uint16_t port, int type = SOCK_STREAM) {
  Socket client{UniqueFd(::socket(AF_INET, type | SOCK_CLOEXEC, 0))};
  const sockaddr_in address = loopback_v4(port);
  if (::connect(client.fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) client.fd.reset();
  return client;
}
inline Socket connect_to(const Socket& listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
  Socket client{UniqueFd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  if (::connect(client.fd.get(), reinterpret_cast<sockaddr*>(&address), length) != 0) client.fd.reset();
  return client;
}
inline Socket accept_from(const Socket& listener) {
  return {UniqueFd(::accept4(listener.fd.get(), nullptr, nullptr, SOCK_CLOEXEC))};
}
inline Socket bind_udp(uint16_t port = 0, bool share = false) {
  Socket socket{UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))};
  const int on = share ? 1 : 0;
  ::setsockopt(socket.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!bind_v4(socket, port)) socket.fd.reset();
  return socket;
}
inline Socket connect_udp(uint16_t port) {
  return connect_v4(port, SOCK_DGRAM);
}

inline void wait_readable(int fd) {
  pollfd one{fd, POLLIN, 0};
  ::poll(&one, 1, 5000);
}

inline ProcessKey key_of(uint32_t pid) {
  const auto proc = ProcRoot::open("/proc");
  std::array<char, 1024> text;
  const auto stat = parse_process_stat(read_file_at(proc.value().process(pid).get(), "stat", text).text);
  return {pid, stat ? stat->start_time : 0};
}
inline ProcessKey this_process() {
  return key_of(static_cast<uint32_t>(::getpid()));
}
inline std::string own_name() {
  const auto proc = ProcRoot::open("/proc");
  std::array<char, 1024> text;
  return std::string(parse_process_stat(proc.value().read("self/stat", text).text)->name);
}

/// A forked process. It runs `body`, which may wait for the parent and tell it a number; the destructor ends it.
class Child {
 public:
  class Inside {
   public:
    Inside(int in, int out) : in_(in), out_(out) {}
    void tell(uint16_t number = 0) const { (void)!::write(out_, &number, sizeof number); }
    void wait() const {
      uint16_t number = 0;
      if (::read(in_, &number, sizeof number) <= 0) ::_exit(0);
    }
    /// Closes everything but the pipes and this socket, so that nothing of the parent is shared.
    void close_inherited(const Socket& keep) const {
      for (int fd = 3; fd < 256; ++fd) {
        if (fd != in_ && fd != out_ && fd != keep.fd.get()) ::close(fd);
      }
    }

   private:
    int in_;
    int out_;
  };

  explicit Child(const std::function<void(Inside&)>& body) {
    int to_child[2];
    int to_parent[2];
    if (::pipe(to_child) != 0 || ::pipe(to_parent) != 0) ::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(to_child[1]);
      ::close(to_parent[0]);
      Inside inside(to_child[0], to_parent[1]);
      body(inside);
      ::_exit(0);
    }
    ::close(to_child[0]);
    ::close(to_parent[1]);
    in_.reset(to_parent[0]);
    out_.reset(to_child[1]);
    key_ = key_of(static_cast<uint32_t>(pid_));
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    out_.reset();
    in_.reset();
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void tell() const {
    const uint16_t number = 0;
    (void)!::write(out_.get(), &number, sizeof number);
  }
  /// The number that the child tells.
  uint16_t wait() const {
    uint16_t number = 0;
    wait_readable(in_.get());
    (void)!::read(in_.get(), &number, sizeof number);
    return number;
  }
  ProcessKey key() const { return key_; }

 private:
  pid_t pid_ = -1;
  ProcessKey key_;
  UniqueFd in_;
  UniqueFd out_;
};

inline AttributionRequest flow_of(const Socket& socket, uint8_t protocol, Initiator initiator) {
  AttributionRequest request;
  request.tuple = {local_of(socket), remote_of(socket), protocol};
  request.initiator = initiator;
  return request;
}
inline AttributionRequest reversed(AttributionRequest request) {
  std::swap(request.tuple.local, request.tuple.remote);
  return request;
}

/// An attributor that is worked until it has said what is waited for. One question at a time.
class Asker {
 public:
  Asker() : attributor_(std::move(Attributor::open({})).value()) {}
  Attributor& attributor() { return *attributor_; }

  /// The final verdict.
  Verdict ask(const AttributionRequest& request) {
    submit(request);
    return run([](const Verdict& verdict) { return verdict.final; });
  }
  /// The first verdict, provisional or not; finish() goes on with the same question.
  Verdict first(const AttributionRequest& request) {
    submit(request);
    return run([](const Verdict&) { return true; });
  }
  Verdict until(const AttributionRequest& request, Reason reason) {
    submit(request);
    return run([reason](const Verdict& verdict) { return verdict.final || verdict.reason == reason; });
  }
  Verdict finish(const AttributionRequest&) {
    return run([](const Verdict& verdict) { return verdict.final; });
  }
  ProcessInfo described(const ProcessKey& key) const {
    for (const ProcessInfo& info : infos_) {
      if (info.key == key) return info;
    }
    return {};
  }

 private:
  void submit(AttributionRequest request) {
    request.flow = {1, ++generation_};
    attributor_->submit(std::span(&request, 1));
  }
  template <typename Enough>
  Verdict run(Enough&& enough) {
    const int64_t limit = monotonic_nanos() + 5 * kNanosPerSecond;
    while (monotonic_nanos() < limit) {
      std::vector<Verdict> verdicts;
      attributor_->work(monotonic_nanos(), verdicts, infos_);
      for (const Verdict& verdict : verdicts) {
        if (verdict.flow.generation == generation_ && enough(verdict)) return verdict;
      }
      // The attributor's own word for when it has something to do is all that is waited for.
      const int64_t due = std::min(attributor_->next_deadline(), limit);
      const timespec until{due / kNanosPerSecond, due % kNanosPerSecond};
      ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    }
    fail(__FILE__, __LINE__, "no verdict within five seconds");
    return {};
  }

  std::unique_ptr<Attributor> attributor_;
  std::vector<ProcessInfo> infos_;
  uint32_t generation_ = 0;
};

}  // namespace nettrace::test
