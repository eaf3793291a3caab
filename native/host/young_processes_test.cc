// Owns: tests of looking at new processes: real ones, that make a socket, tell it and are gone.
// Knows nothing of: flows.
#include "native/host/young_processes.h"

#include <sys/prctl.h>

#include "native/dev/test.h"
#include "native/dev/test_network.h"
#include "native/host/live_fixture.h"

namespace nettrace {
namespace {

using test::Child;
using test::Socket;

/// Looks at births as the control thread does, until `enough`.
class Watcher {
 public:
  static std::unique_ptr<Watcher> open() {
    auto proc = ProcRoot::open("/proc");
    auto events = ProcessEvents::open(proc.value());
    auto sockets = DiagDump::open();
    if (!events || !sockets) return nullptr;
    return std::unique_ptr<Watcher>(
        new Watcher(std::move(proc).value(), std::move(events).value(), std::move(sockets).value()));
  }
  YoungProcesses& young() { return young_; }

  template <typename Enough>
  bool until(Enough&& enough) {
    const int64_t limit = monotonic_nanos() + 30 * kNanosPerSecond;
    while (!enough()) {
      const int64_t now = monotonic_nanos();
      if (now > limit) return false;
      young_.work(now);
      young_.ended(ended_);
      const int64_t wait = std::clamp<int64_t>(young_.next_deadline() - monotonic_nanos(), 0, 10 * kNanosPerMilli);
      const timespec timeout{0, static_cast<long>(wait)};
      pollfd one{young_.fd(), POLLIN, 0};
      ::ppoll(&one, 1, &timeout, nullptr);
    }
    return true;
  }
  bool has_ended(uint32_t pid) const {
    return std::ranges::any_of(ended_, [&](const PidEnd& end) { return end.pid == pid; });
  }

 private:
  Watcher(ProcRoot proc, ProcessEvents events, DiagDump sockets)
      : proc_(std::move(proc)),
        reader_(proc_),
        young_(proc_, reader_, std::move(events), std::move(sockets), monotonic_nanos, {100, kNanosPerSecond}) {}

  ProcRoot proc_;
  ProcessInfoReader reader_;
  YoungProcesses young_;
  std::vector<PidEnd> ended_;
};

constexpr const char* kNoNews = "the kernel does not tell of processes here";

/// In a network namespace of its own: the kernel's list of sockets is read for some milliseconds only, and that of a
/// busy machine may be longer.
void watched(void (*body)(Watcher&)) {
  if (!Watcher::open()) SKIP(kNoNews);
  const bool permitted = test::in_own_network([body] {
    test::Network().set_up("lo", true);
    const auto watcher = Watcher::open();
    CHECK(watcher != nullptr);
    if (watcher) body(*watcher);
  });
  if (!permitted) SKIP("no right to make a network namespace");
}

FiveTuple tuple_of(uint16_t port, const Socket& listener) {
  const Endpoint far = test::local_of(listener);
  return {{far.address, port}, far, IPPROTO_TCP};
}

void new_connection(Watcher& watcher) {
  const Socket listener = test::listen_on(AF_INET);
  std::optional<FiveTuple> tuple;
  ProcessKey key;
  {
    const Child child([&](Child::Inside& inside) {
      ::prctl(PR_SET_NAME, "brief");
      const Socket client = test::connect_to(listener);
      inside.tell(test::port_of(client));
      inside.wait();
    });
    tuple = tuple_of(child.wait(), listener);
    key = child.key();
    CHECK(watcher.until([&] { return watcher.young().owners().find(*tuple, 0, monotonic_nanos()).has_value(); }));
  }
  CHECK(watcher.until([&] { return watcher.has_ended(key.pid); }));
  const auto found = watcher.young().owners().find(*tuple, 0, monotonic_nanos());
  CHECK(found && found->process == key);
  const ProcessInfo* info = watcher.young().known(key);
  CHECK(info != nullptr && info->name == "brief" && info->parent_pid == static_cast<uint32_t>(::getpid()));
}

void inherited_connection(Watcher& watcher) {
  const Socket listener = test::listen_on(AF_INET);
  const Socket inherited = test::connect_to(listener);
  const Child child([&](Child::Inside& inside) {
    const Socket own = test::connect_to(listener);
    inside.tell(test::port_of(own));
    inside.wait();
  });
  const FiveTuple own = tuple_of(child.wait(), listener);
  CHECK(watcher.until([&] { return watcher.young().owners().find(own, 0, monotonic_nanos()).has_value(); }));
  CHECK(!watcher.young().owners().find(tuple_of(test::port_of(inherited), listener), 0, monotonic_nanos()));
}

}  // namespace

TEST("a connection that a new process makes is remembered with it when both are gone") {
  watched(&new_connection);
}

TEST("a connection that a new process has from its parent, who keeps it, is not the child's") {
  watched(&inherited_connection);
}

TEST("what a program was called is known after it has run for a moment") {
  const auto watcher = Watcher::open();
  if (!watcher) SKIP(kNoNews);
  const Child child([](Child::Inside&) { ::execl("/bin/sleep", "sleep", "4711", nullptr); });
  const auto named = [&] {
    const ProcessInfo* info = watcher->young().known(child.key());
    return info != nullptr && info->command_line == std::string("sleep\0004711\0", 11);
  };
  CHECK(watcher->until(named));
}

}  // namespace nettrace
