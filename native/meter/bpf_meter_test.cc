// Owns: that the socket meter's bytes are those of the interfaces, and whose they are, for processes that live a
// moment.
#include "native/meter/bpf_meter.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <iterator>
#include <thread>
#include <unordered_map>

#include "native/meter/meter_fixture.h"

namespace nettrace {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace)

constexpr int kClients = 150;

/// Instead of the tests, where this program was started as a client: `client tcp|udp PORT ANYTHING...`.
bool be_client(int argc, char** argv) {
  const UniqueFd fd = connected_v4(std::strcmp(argv[1], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM,
                                   static_cast<uint16_t>(std::strtoul(argv[2], nullptr, 10)));
  send_bytes(fd.get(), kQuestion);
  ::_exit(argc > 2 && receive_bytes(fd.get(), kAnswer) == kAnswer ? 0 : 1);
}
[[gnu::constructor]] void start_as_client(int argc, char** argv) {
  if (argc > 0 && std::strcmp(argv[0], "client") == 0) be_client(argc, argv);
}

std::vector<std::string> client_words(const char* protocol, uint16_t port, int number) {
  return {"client", protocol, std::to_string(port), "number " + std::to_string(number), std::string(700, 'z'), ""};
}
std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(word).push_back('\0');
  return text;
}
pid_t start_client(const std::vector<std::string>& words) {
  return in_child([&] {
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execv("/proc/self/exe", arguments.data());
  });
}

TEST("processes that live a millisecond have every byte and their whole command line, and the books close") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const UniqueFd datagrams = bound_v4(SOCK_DGRAM);
    std::map<pid_t, std::string> clients;
    for (int i = 0; i < kClients; ++i) {
      const bool stream = i % 2 == 0;
      const auto words = client_words(stream ? "tcp" : "udp", local_port(stream ? listener.get() : datagrams.get()), i);
      const pid_t pid = start_client(words);
      clients[pid] = joined(words);
      stream ? answer_stream(listener.get()) : answer_datagram(datagrams.get());
      int status = 0;
      ::waitpid(pid, &status, 0);
      CHECK_EQ(WEXITSTATUS(status), 0);
      // The ring has the events of the whole machine, and is read as they come.
      CHECK(meter.dump(books).ok());
    }
    read_all(meter, books);
    struct stat file {};
    CHECK_EQ(::stat("/proc/self/exe", &file), 0);
    for (const auto& [pid, command_line] : clients) {
      const auto number = static_cast<uint32_t>(pid);
      CHECK_EQ(books.by_pid[number].sent.payload_bytes, kQuestion);
      CHECK_EQ(books.by_pid[number].received.payload_bytes, kAnswer);
      const ProcessKey key = books.key_of[number];
      CHECK_EQ(books.programs[key].command_line, command_line);
      CHECK((books.files[key] == FileId{file.st_ino, major(file.st_dev), minor(file.st_dev)}));
      CHECK_EQ(books.programs[key].parent_pid, static_cast<uint32_t>(::getpid()));
      CHECK(books.ended.contains(key));
    }
    const auto self = static_cast<uint32_t>(::getpid());
    CHECK_EQ(books.by_pid[self].received.payload_bytes, kClients * kQuestion);
    // Loopback counts a packet after it has taken the Ethernet header off (drivers/net/loopback.c).
    const auto [frames, bytes] = interface_sent("lo");
    CHECK_EQ(books.all().sent.frames, frames);
    CHECK_EQ(books.all().sent.frame_bytes, bytes);
  });
}

TEST("a process that takes another name is called so; its threads' names are their own") {
  metered([](SocketMeter& meter, Books& books) {
    const pid_t pid = in_child([] {
      ::prctl(PR_SET_NAME, "a name of sixteen");
      std::thread([] { ::prctl(PR_SET_NAME, "thread"); }).join();
      ::prctl(PR_SET_NAME, "worker7");
    });
    wait_for(pid);
    read_all(meter, books);
    const std::vector<std::string> taken{"a name of sixte", "worker7"};
    CHECK(std::ranges::any_of(books.names, [&](const auto& one) {
      return one.first.pid == static_cast<uint32_t>(pid) && one.second == taken;
    }));
  });
}

TEST("what a datagram socket moved before it connects anew is told of the peer that it was connected to") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd first = bound_v4(SOCK_DGRAM), second = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(first.get()));
    for (int round = 0; round < 3; ++round) {
      for (const UniqueFd* peer : {&first, &second}) {
        const sockaddr_in to = address_v4(INADDR_LOOPBACK, local_port(peer->get()));
        CHECK_EQ(::connect(sender.get(), generic(to), sizeof to), 0);
        send_bytes(sender.get(), peer == &first ? 100 : 10);
      }
    }
    read_all(meter, books);
    CHECK_EQ(books.by_peer[local_port(first.get())].sent.payload_bytes, 300U);
    CHECK_EQ(books.by_peer[local_port(second.get())].sent.payload_bytes, 30U);
  });
}

TEST("a reader that is late is told of no tuple's bytes as another's") {
  metered([](SocketMeter& meter, Books&) {
    // Half of the ring is full after a third of it; what comes then is told of together.
    constexpr size_t kTimes = 3000;
    Books books(Beside::kPackets);
    const UniqueFd first = bound_v4(SOCK_DGRAM), second = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(first.get()));
    for (size_t round = 0; round < kTimes; ++round) {
      for (const UniqueFd* peer : {&first, &second}) {
        const sockaddr_in to = address_v4(INADDR_LOOPBACK, local_port(peer->get()));
        CHECK_EQ(::connect(sender.get(), generic(to), sizeof to), 0);
        send_bytes(sender.get(), peer == &first ? 100 : 10);
      }
    }
    read_all(meter, books);
    const uint64_t to_first = books.by_peer[local_port(first.get())].sent.payload_bytes;
    const uint64_t to_second = books.by_peer[local_port(second.get())].sent.payload_bytes;
    CHECK(to_first > 0 && to_first < kTimes * 100);
    CHECK(to_second > 0 && to_second < kTimes * 10);
    // Once it is in time again, so is what it is told.
    send_bytes(sender.get(), 7);
    const sockaddr_in to = address_v4(INADDR_LOOPBACK, local_port(first.get()));
    CHECK_EQ(::connect(sender.get(), generic(to), sizeof to), 0);
    send_bytes(sender.get(), 100);
    read_all(meter, books);
    CHECK_EQ(books.by_peer[local_port(first.get())].sent.payload_bytes, to_first + 100);
  });
}

/// What is told of sockets, by their network namespace.
class ByNamespace final : public MeterSink {
 public:
  void on_owner(const OwnerRecord& record) override { netns_of.emplace(record.owner.key.pid, record.socket.netns); }
  void on_traffic(const TrafficRecord& record) override {
    bytes_of[record.socket.netns] += record.counters.sent.ip_bytes + record.counters.received.ip_bytes;
  }
  std::unordered_multimap<uint32_t, uint32_t> netns_of;  ///< by process, once a socket
  std::unordered_map<uint32_t, uint64_t> bytes_of;       ///< by namespace
};

void send_on_loopback() {
  const UniqueFd receiver = bound_v4(SOCK_DGRAM);
  const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
  send_bytes(sender.get(), 100);
}

TEST("of sockets in other network namespaces only the owners are told, where that is asked for") {
  for (const bool alone : {false, true}) {
    metered(
        [alone](SocketMeter& meter, Books&) {
          ByNamespace told;
          send_on_loopback();
          const pid_t child = in_child([] {
            if (::unshare(CLONE_NEWNET) != 0) return;
            Network().set_up("lo", true);
            send_on_loopback();
          });
          wait_for(child);
          CHECK(meter.dump(told).ok());
          CHECK_EQ(told.bytes_of[own_network_namespace()], 2U * 128);
          // Other namespaces of the machine have traffic of their own.
          const auto [first, last] = told.netns_of.equal_range(static_cast<uint32_t>(child));
          CHECK_EQ(std::distance(first, last), 2);
          CHECK(first != last && first->second != own_network_namespace());
          if (first != last) CHECK_EQ(told.bytes_of[first->second], alone ? 0U : 2U * 128);
        },
        {.own_namespace_alone = alone});
  }
}

TEST("a process's key is that of /proc") {
  metered([](SocketMeter& meter, Books& books) {
    const UniqueFd receiver = bound_v4(SOCK_DGRAM);
    const UniqueFd sender = connected_v4(SOCK_DGRAM, local_port(receiver.get()));
    send_bytes(sender.get(), 10);
    read_all(meter, books);
    std::FILE* file = std::fopen("/proc/self/stat", "r");
    std::array<char, 1024> text{};
    CHECK(std::fread(text.data(), 1, text.size() - 1, file) > 0);
    std::fclose(file);
    const char* field = std::strrchr(text.data(), ')');
    for (int i = 2; i < 22; ++i) field = std::strchr(field + 1, ' ');
    const ProcessKey owner = books.owner_of[{IPPROTO_UDP, local_port(sender.get()), local_port(receiver.get())}];
    CHECK_EQ(owner.pid, static_cast<uint32_t>(::getpid()));
    CHECK_EQ(owner.start_time, std::strtoull(field, nullptr, 10));
  });
}

TEST("sockets that were there before the meter have their owner") {
  if (!meter_missing().empty()) SKIP(meter_missing());
  const bool permitted = in_own_network([] {
    Network().set_up("lo", true);
    const UniqueFd listener = bound_v4(SOCK_STREAM);
    const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
    const UniqueFd server(::accept4(listener.get(), nullptr, nullptr, 0));
    auto meter = SocketMeter::open({});
    CHECK(meter.ok());
    Books books;
    send_bytes(client.get(), 300);
    receive_bytes(server.get(), 300);
    read_all(*meter.value(), books);
    const auto self = static_cast<uint32_t>(::getpid());
    CHECK_EQ(books.owner_pid(IPPROTO_TCP, local_port(client.get()), local_port(listener.get())), self);
    CHECK_EQ(books.owner_pid(IPPROTO_TCP, local_port(listener.get()), local_port(client.get())), self);
    CHECK_EQ(books.by_pid[self].sent.payload_bytes, 300u);
    CHECK_EQ(books.by_pid[self].received.payload_bytes, 300u);
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

TEST("the older hooks find the same owners") {
  metered(
      [](SocketMeter& meter, Books& books) {
        CHECK(meter.status().tier == MeterTier::kReceiveStream);
        const UniqueFd listener = bound_v4(SOCK_STREAM);
        const UniqueFd client = connected_v4(SOCK_STREAM, local_port(listener.get()));
        const uint16_t port = local_port(client.get());
        send_bytes(client.get(), 5000);
        ::shutdown(client.get(), SHUT_WR);
        const pid_t worker = in_child([&] {
          const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, 0));
          receive_bytes(fd.get());
        });
        wait_for(worker);
        read_all(meter, books);
        CHECK_EQ(books.owner_pid(IPPROTO_TCP, local_port(listener.get()), port), static_cast<uint32_t>(worker));
        CHECK_EQ(books.by_pid[static_cast<uint32_t>(worker)].received.payload_bytes, 5000u);
      },
      {.tier = MeterTier::kReceiveStream});
}

/// A second meter comes and goes while the first one counts.
void check_two(const SocketMeterOptions& first_options, const SocketMeterOptions& second_options) {
  metered(
      [&](SocketMeter& first, Books& books) {
        Books others;
        const UniqueFd receiver = bound_v4(SOCK_DGRAM);
        const uint16_t port = local_port(receiver.get());
        const UniqueFd sender = connected_v4(SOCK_DGRAM, port);
        send_bytes(sender.get(), 7);
        pid_t child = -1;
        {
          auto second = SocketMeter::open(second_options);
          CHECK(second.ok());
          send_bytes(sender.get(), 70);
          child = in_child([&] { send_bytes(connected_v4(SOCK_DGRAM, port).get(), 40); });
          wait_for(child);
          read_all(*second.value(), others);
        }
        send_bytes(sender.get(), 23);
        read_all(first, books);
        CHECK_EQ(others.by_pid[static_cast<uint32_t>(child)].sent.payload_bytes, 40u);
        CHECK_EQ(others.all().sent.payload_bytes, 110u);
        CHECK_EQ(books.by_pid[static_cast<uint32_t>(child)].sent.payload_bytes, 40u);
        CHECK_EQ(books.by_pid[static_cast<uint32_t>(::getpid())].sent.payload_bytes, 100u);
      },
      first_options);
}

TEST("two meters count the same, and do not disturb each other") {
  check_two({}, {});
}

TEST("meters of different tiers count the same, and do not disturb each other") {
  check_two({}, {.tier = MeterTier::kReceiveStream});
  check_two({.tier = MeterTier::kCgroup}, {});
}

}  // namespace
}  // namespace nettrace
