#include "native/doctor/known_traffic.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "native/base/clock.h"
#include "native/base/unique_fd.h"
#include "native/doctor/traffic_wire.h"

namespace nettrace {
namespace {

constexpr size_t kShortUp = 3000, kShortDown = 20'000;
constexpr size_t kBulkUp = 64'000'000, kBulkDown = 32'000'000;
constexpr size_t kDatagrams = 5, kDatagramUp = 300, kDatagramDown = 900;
constexpr size_t kBurstPayload = 64;
constexpr int64_t kBurstTime = 400 * kNanosPerMilli;
/// Clock readings cost more than the least packets.
constexpr size_t kBurstStep = 64;

class Client {
 public:
  Client(KnownClient& row, uint32_t id, const TrafficAim& aim) : row_(row), id_(id), aim_(aim) {}

  bool run() {
    switch (row_.kind) {
      case KnownKind::kTcp:
        return stream(kShortUp, kShortDown);
      case KnownKind::kBulk:
        return stream(kBulkUp, kBulkDown);
      case KnownKind::kUdp:
        return connect_to(SOCK_DGRAM, kAnswerPort) && ask_and_listen();
      case KnownKind::kOneShot:
        return connect_to(SOCK_DGRAM, kAnswerPort) && send_datagram(kDatagramUp, 0);
      case KnownKind::kBurst:
        return connect_to(SOCK_DGRAM, kSinkPort) && burst();
    }
    return false;
  }

 private:
  bool connect_to(int type, uint16_t port) {
    fd_.reset(::socket(row_.v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
    limit_waiting(fd_.get());
    sockaddr_in v4 = aim_.v4;
    sockaddr_in6 v6 = aim_.v6;
    v4.sin_port = v6.sin6_port = htons(port);
    const auto* address = row_.v6 ? reinterpret_cast<const sockaddr*>(&v6) : reinterpret_cast<const sockaddr*>(&v4);
    return ::connect(fd_.get(), address, row_.v6 ? sizeof v6 : sizeof v4) == 0;
  }

  bool stream(size_t up, size_t down) {
    if (!connect_to(SOCK_STREAM, kAnswerPort)) return false;
    const Greeting greeting{id_, static_cast<uint32_t>(down)};
    const bool sent = send_all(fd_.get(), &greeting, sizeof greeting) && send_zeros(fd_.get(), up);
    ::shutdown(fd_.get(), SHUT_WR);
    // Once the end of the answer is read its last acknowledgement has left too.
    const size_t got = read_to_end(fd_.get());
    const WireCount count = stream_count(fd_.get(), row_.v6, StreamEnd::kConnecting);
    row_.sent_bytes += count.bytes;
    row_.packets += count.packets;
    return sent && got == down;
  }

  bool send_datagram(size_t payload, size_t answer) {
    std::array<uint8_t, kDatagramDown> data{};
    const Greeting greeting{id_, static_cast<uint32_t>(answer)};
    std::memcpy(data.data(), &greeting, sizeof greeting);
    if (::send(fd_.get(), data.data(), payload, 0) != static_cast<ssize_t>(payload)) return false;
    row_.sent_bytes += datagram_size(payload, row_.v6);
    ++row_.packets;
    return true;
  }

  bool ask_and_listen() {
    for (size_t i = 0; i < kDatagrams; ++i) {
      if (!send_datagram(kDatagramUp, kDatagramDown)) return false;
    }
    std::array<uint8_t, kDatagramDown> data;
    for (size_t i = 0; i < kDatagrams; ++i) {
      if (::recv(fd_.get(), data.data(), data.size(), 0) != static_cast<ssize_t>(kDatagramDown)) return false;
    }
    return true;
  }

  bool burst() {
    const int64_t end = monotonic_nanos() + kBurstTime;
    while (monotonic_nanos() < end) {
      for (size_t i = 0; i < kBurstStep; ++i) {
        if (!send_datagram(kBurstPayload, 0)) return false;
      }
    }
    return true;
  }

  KnownClient& row_;
  uint32_t id_;
  const TrafficAim& aim_;
  UniqueFd fd_;
};

}  // namespace

void run_client(KnownClients& clients, uint32_t id, const TrafficAim& aim) {
  KnownClient& row = clients[id];
  row.pid = static_cast<uint32_t>(::getpid());
  {
    Client client(row, id, aim);
    row.done = client.run();
  }
  ::_exit(0);
}

}  // namespace nettrace
