// Owns: tests of the proc connector: crafted datagrams, and the life of a process on a real kernel.
// Knows nothing of: what is done about the news.
#include "native/host/process_events.h"

#include <linux/cn_proc.h>
#include <linux/connector.h>

#include <cstring>
#include <memory>
#include <random>

#include "native/dev/test.h"
#include "native/dev/test_network.h"
#include "native/host/availability.h"
#include "native/host/live_fixture.h"

namespace nettrace {
namespace {

using Kind = ProcessEvent::Kind;

std::vector<uint8_t> datagram(uint32_t what, std::vector<uint32_t> data) {
  std::vector<uint8_t> bytes(sizeof(nlmsghdr) + sizeof(cn_msg) + sizeof(proc_event));
  cn_msg message{};
  message.id = {CN_IDX_PROC, CN_VAL_PROC};
  std::memcpy(bytes.data() + sizeof(nlmsghdr), &message, sizeof message);
  uint8_t* event = bytes.data() + sizeof(nlmsghdr) + sizeof(cn_msg);
  const uint64_t time_ns = 123'456'789;
  std::memcpy(event, &what, sizeof what);
  std::memcpy(event + 8, &time_ns, sizeof time_ns);
  std::memcpy(event + 16, data.data(), data.size() * sizeof(uint32_t));
  return bytes;
}

std::optional<ProcessEvent> parse(const std::vector<uint8_t>& bytes, size_t length) {
  const auto exact = std::make_unique<uint8_t[]>(length);  // a read past the end is seen by AddressSanitizer
  std::copy_n(bytes.begin(), length, exact.get());
  return parse_process_event(Bytes(exact.get(), length));
}
std::optional<ProcessEvent> parse(const std::vector<uint8_t>& bytes) {
  return parse(bytes, bytes.size());
}

/// Reads until `wanted` says that it has seen enough.
template <typename Wanted>
bool await(ProcessEvents& events, Wanted&& wanted) {
  std::vector<ProcessEvent> seen;
  for (;;) {
    events.read(seen);
    if (wanted(seen)) return true;
    pollfd one{events.fd(), POLLIN, 0};
    if (::poll(&one, 1, 30'000) <= 0) return false;
  }
}

ProcRoot proc() {
  return std::move(ProcRoot::open("/proc")).value();
}

const char* reason(const Result<ProcessEvents>& opened) {
  return availability_of(opened) == Availability::kNotPermitted ? "no right to the proc connector"
                                                                : "no proc connector here";
}

}  // namespace

TEST("a fork tells child and parent, an exec and an exit the process") {
  const auto fork = parse(datagram(1, {10, 9, 12, 12}));
  CHECK(fork && fork->kind == Kind::kFork && fork->pid == 12 && fork->parent == 9);
  CHECK_EQ(fork->time_ns, 123'456'789);
  const auto exec = parse(datagram(2, {12, 12}));
  CHECK(exec && exec->kind == Kind::kExec && exec->pid == 12);
  const auto exit = parse(datagram(0x80000000, {12, 12, 0, 17}));
  CHECK(exit && exit->kind == Kind::kExit && exit->pid == 12);
}

TEST("threads, other events and other connectors are no news of a process") {
  CHECK(!parse(datagram(1, {10, 10, 13, 10})));
  CHECK(!parse(datagram(0x80000000, {13, 10})));
  CHECK(!parse(datagram(0x200, {12, 12})));
  CHECK(!parse(datagram(0, {0})));
  auto other = datagram(1, {10, 9, 12, 12});
  other[sizeof(nlmsghdr)] = 5;
  CHECK(!parse(other));
}

TEST("cut and damaged events are read inside their bytes only") {
  const auto whole = datagram(1, {10, 9, 12, 12});
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = whole;
    for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    parse(bytes, random() % (bytes.size() + 1));
  }
}

TEST("the life of a process is told: fork, exec, exit") {
  auto opened = ProcessEvents::open(proc());
  if (!opened) SKIP(reason(opened));
  const int64_t before = monotonic_nanos();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl("/bin/true", "true", nullptr);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  const int64_t after = monotonic_nanos();
  const auto pid = static_cast<uint32_t>(child);
  std::vector<Kind> kinds;
  const bool complete = await(opened.value(), [&](const std::vector<ProcessEvent>& seen) {
    kinds.clear();
    for (const ProcessEvent& event : seen) {
      if (event.pid == pid) kinds.push_back(event.kind);
      if (event.pid == pid && event.kind == Kind::kFork) {
        CHECK_EQ(event.parent, static_cast<uint32_t>(::getpid()));
        CHECK(event.time_ns >= before && event.time_ns <= after);
      }
    }
    return !kinds.empty() && kinds.back() == Kind::kExit;
  });
  CHECK(complete);
  CHECK((kinds == std::vector{Kind::kFork, Kind::kExec, Kind::kExit}));
  CHECK_EQ(opened.value().overruns(), 0U);
}

TEST("from another network namespace the news are heard too, and the thread is back in its own") {
  if (const auto opened = ProcessEvents::open(proc()); !opened) SKIP(reason(opened));
  const auto listen_there = [] {
    const auto opened = ProcessEvents::open(proc());
    CHECK(opened.ok());
    CHECK_EQ(::if_nametoindex("lo"), 1U);
    CHECK_EQ(::if_nametoindex("eth0"), 0U);
  };
  if (!test::in_own_network(listen_there)) SKIP("no right to make a network namespace");
}

TEST("two listeners do not take the news from each other") {
  auto first = ProcessEvents::open(proc());
  if (!first) SKIP(reason(first));
  {
    const auto second = ProcessEvents::open(proc());
    CHECK(second.ok());
  }
  const test::Child child([](test::Child::Inside& inside) { inside.wait(); });
  CHECK(await(first.value(), [&](const std::vector<ProcessEvent>& seen) {
    return std::any_of(seen.begin(), seen.end(), [&](const auto& event) { return event.pid == child.key().pid; });
  }));
}

}  // namespace nettrace
