// Owns: the far end of the known traffic: one process that answers, and keeps its connections until it has told of
// them.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

#include "native/base/unique_fd.h"
#include "native/doctor/known_traffic.h"
#include "native/doctor/traffic_wire.h"

namespace nettrace {
namespace {

class Server {
 public:
  Server(KnownClients& clients, bool v6) : clients_(clients), v6_(v6) {}

  bool open() {
    listener_ = bound(SOCK_STREAM, kAnswerPort);
    datagrams_ = bound(SOCK_DGRAM, kAnswerPort);
    sink_ = bound(SOCK_DGRAM, kSinkPort);
    return listener_ && datagrams_ && sink_ && ::listen(listener_.get(), 512) == 0;
  }

  [[noreturn]] void run(int commands, int reports) {
    char token = 0;
    for (;;) {
      std::array<pollfd, 3> waiting{
          {{commands, POLLIN, 0}, {listener_.get(), POLLIN, 0}, {datagrams_.get(), POLLIN, 0}}};
      ::poll(waiting.data(), waiting.size(), -1);
      if (waiting[1].revents != 0) answer_stream();
      if (waiting[2].revents != 0) answer_datagrams();
      if (waiting[0].revents == 0) continue;
      if (::read(commands, &token, 1) != 1) ::_exit(0);
      answer_datagrams();
      account();
      [[maybe_unused]] const auto told = ::write(reports, &token, 1);
    }
  }

 private:
  UniqueFd bound(int type, uint16_t port) const {
    UniqueFd fd(::socket(v6_ ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    const auto* address = v6_ ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
    const int off = 0;  // whatever net.ipv6.bindv6only says
    if (v6_) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (::bind(fd.get(), address, v6_ ? sizeof v6 : sizeof v4) != 0) fd.reset();
    return fd;
  }

  void answer_stream() {
    UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    limit_waiting(fd.get());
    Greeting greeting;
    if (::recv(fd.get(), &greeting, sizeof greeting, MSG_WAITALL) != sizeof greeting) return;
    if (greeting.client >= clients_.size()) return;
    read_to_end(fd.get());
    send_zeros(fd.get(), greeting.answer);
    ::shutdown(fd.get(), SHUT_WR);
    streams_.emplace_back(greeting.client, std::move(fd));
  }

  void answer_datagrams() {
    std::array<uint8_t, 2048> data{};
    for (;;) {
      sockaddr_in6 from{};
      socklen_t length = sizeof from;
      auto* address = reinterpret_cast<sockaddr*>(&from);
      Greeting greeting;
      const ssize_t got = ::recvfrom(datagrams_.get(), &greeting, sizeof greeting, MSG_DONTWAIT, address, &length);
      if (got < static_cast<ssize_t>(sizeof greeting)) return;
      if (greeting.client >= clients_.size() || greeting.answer == 0 || greeting.answer > data.size()) continue;
      if (::sendto(datagrams_.get(), data.data(), greeting.answer, 0, address, length) < 0) continue;
      KnownClient& client = clients_[greeting.client];
      client.received_bytes += datagram_size(greeting.answer, client.v6);
      ++client.packets;
    }
  }

  /// Both ends are through by now: what TCP says does not change any more.
  void account() {
    for (const auto& [id, fd] : streams_) {
      const WireCount count = stream_count(fd.get(), clients_[id].v6, StreamEnd::kAccepting);
      clients_[id].received_bytes += count.bytes;
      clients_[id].packets += count.packets;
    }
    streams_.clear();
  }

  KnownClients& clients_;
  bool v6_;
  UniqueFd listener_;
  UniqueFd datagrams_;
  UniqueFd sink_;
  std::vector<std::pair<uint32_t, UniqueFd>> streams_;
};

}  // namespace

void run_server(KnownClients& clients, bool v6, int commands, int reports) {
  without_selective_acknowledgements();
  Server server(clients, v6);
  if (!server.open() || ::write(reports, "r", 1) != 1) ::_exit(1);
  server.run(commands, reports);
}

}  // namespace nettrace
