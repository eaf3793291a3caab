// Owns: tests of the holder search and of visits to single processes, on a fabricated /proc.
// Knows nothing of: the policy.
#include "native/host/fd_scan.h"

#include "native/base/clock.h"
#include "native/dev/test.h"
#include "native/host/proc_fixture.h"

namespace {

using namespace nettrace;
using nettrace::test::ProcFixture;

/// A scan of the fixture with a hand-driven clock.
struct Scan {
  explicit Scan(const ProcFixture& fixture, const FdScanOptions& options = {})
      : proc(std::move(ProcRoot::open(fixture.path().string())).value()), scan(proc, monotonic_nanos, options) {}

  /// Runs until nothing is left to do; gives what has changed.
  std::vector<uint32_t> run() {
    std::vector<uint32_t> changed;
    for (int i = 0; i < 1000 && scan.next_deadline() != INT64_MAX; ++i) {
      now += kNanosPerSecond / 100;
      scan.scan(now, INT64_MAX, changed);
    }
    return changed;
  }
  const HolderAnswer& ask(uint32_t inode) {
    scan.want(now, inode, 0, {});
    run();
    return *scan.answer(inode);
  }

  ProcRoot proc;
  FdScan scan;
  int64_t now = kNanosPerSecond;
};

TEST("the one holder of a socket is found, and known to be the only one") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.descriptor(10, 0, "/dev/null");
  fixture.socket(10, 3, 777);
  fixture.process(11, 110);
  fixture.socket(11, 3, 778);
  Scan scan(fixture);
  const HolderAnswer& answer = scan.ask(777);
  CHECK(answer.complete);
  CHECK(answer.all_visible);
  CHECK_EQ(answer.holders.size(), 1u);
  CHECK_EQ(answer.holders[0].process.pid, 10u);
  CHECK_EQ(answer.holders[0].process.start_time, 100u);
  CHECK_EQ(answer.holders[0].fd, 3u);
  CHECK_EQ(answer.holders[0].name, "worker");
  CHECK_EQ(scan.scan.next_deadline(), INT64_MAX);
}

TEST("a process with two descriptors of one socket is one holder, two processes are two") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.socket(10, 3, 777);
  fixture.socket(10, 4, 777);
  Scan scan(fixture);
  CHECK_EQ(scan.ask(777).holders.size(), 1u);
  fixture.process(12, 120);
  fixture.socket(12, 9, 777);
  scan.scan.refresh(777);
  scan.run();
  CHECK_EQ(scan.scan.answer(777)->holders.size(), 2u);
}

TEST("a socket that nobody holds is answered after a whole pass, with nobody") {
  ProcFixture fixture;
  fixture.process(10, 100);
  Scan scan(fixture);
  const HolderAnswer& answer = scan.ask(777);
  CHECK(answer.complete);
  CHECK(answer.holders.empty());
}

TEST("a descriptor number that was used again is read again") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.socket(10, 3, 777);
  Scan scan(fixture);
  CHECK_EQ(scan.ask(777).holders.size(), 1u);
  fixture.socket(10, 3, 888);
  CHECK_EQ(scan.ask(888).holders.size(), 1u);
  scan.scan.refresh(777);
  scan.run();
  CHECK(scan.scan.answer(777)->holders.empty());
}

TEST("a process that has not run since its descriptors were read is not read again, one that has is") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.schedstat(10, 5000, 7);
  for (unsigned fd = 0; fd < 8; ++fd) fixture.socket(10, fd, 700 + fd);
  Scan scan(fixture);
  CHECK_EQ(scan.ask(703).holders.size(), 1u);
  const uint64_t read = scan.scan.links_read();
  CHECK_EQ(scan.ask(999).holders.size(), 0u);
  CHECK_EQ(scan.scan.links_read(), read);
  fixture.schedstat(10, 6000, 8);
  fixture.socket(10, 5, 1000);
  CHECK_EQ(scan.ask(1000).holders.size(), 1u);
  CHECK_EQ(scan.scan.links_read(), read + 8);
}

TEST("a reused pid is another process") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.socket(10, 3, 777);
  Scan scan(fixture);
  const Holder first = scan.ask(777).holders[0];
  CHECK(scan.scan.still_holds(first, 777));
  CHECK(scan.scan.remembered_to_hold(first.process, 777));
  fixture.end(10);
  CHECK(!scan.scan.still_holds(first, 777));
  fixture.process(10, 500);
  fixture.socket(10, 3, 777);
  CHECK(!scan.scan.still_holds(first, 777));
  scan.scan.refresh(777);
  scan.run();
  CHECK_EQ(scan.scan.answer(777)->holders.size(), 1u);
  CHECK_EQ(scan.scan.answer(777)->holders[0].process.start_time, 500u);
}

TEST("a zombie, a kernel thread and a process whose stat is garbage hold nothing") {
  ProcFixture fixture;
  fixture.process(10, 100, "gone", 0, 'Z');
  fixture.socket(10, 3, 777);
  fixture.process(11, 100, "kworker", 0x00200000);
  fixture.socket(11, 3, 777);
  fixture.process(12, 100);
  fixture.file("12/stat", "12 (half");
  fixture.socket(12, 3, 777);
  Scan scan(fixture);
  CHECK(scan.ask(777).complete);
  CHECK(scan.ask(777).holders.empty());
}

TEST("links that only look like sockets are none") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.descriptor(10, 3, "socket:[777");
  fixture.descriptor(10, 4, "socket:[]");
  fixture.descriptor(10, 5, "socket:[99999999999999999999]");
  fixture.descriptor(10, 6, "/tmp/socket:[777]");
  fixture.descriptor(10, 7, "socket:[777] (deleted)");
  Scan scan(fixture);
  CHECK(scan.ask(777).holders.empty());
}

TEST("a scan that is out of time goes on where it was, and the answer is the same") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 140; ++pid) {
    fixture.process(pid, pid);
    for (unsigned fd = 0; fd < 40; ++fd) fixture.socket(pid, fd, pid * 100 + fd);
  }
  fixture.socket(105, 50, 777);
  fixture.socket(139, 50, 777);
  Scan scan(fixture);
  scan.scan.want(scan.now, 777, 0, {});
  std::vector<uint32_t> changed;
  int slices = 0;
  while (scan.scan.next_deadline() != INT64_MAX && slices < 10'000) {
    ++slices;
    scan.scan.scan(scan.now, monotonic_nanos() + 1, changed);  // one step and over
    scan.now += kNanosPerSecond;
  }
  CHECK(slices > 40);
  CHECK(scan.scan.answer(777)->complete);
  CHECK_EQ(scan.scan.answer(777)->holders.size(), 2u);
}

TEST("a process that appears while a pass runs is met before the pass ends") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 110; ++pid) fixture.process(pid, pid);
  Scan scan(fixture);
  scan.scan.want(scan.now, 777, 0, {});
  std::vector<uint32_t> changed;
  for (int i = 0; i < 3; ++i) scan.scan.scan(scan.now, monotonic_nanos() + 1, changed);
  CHECK(!scan.scan.answer(777)->complete);
  fixture.process(200, 1000, "child");
  fixture.socket(200, 3, 777);
  scan.run();
  CHECK_EQ(scan.scan.answer(777)->holders.size(), 1u);
  CHECK_EQ(scan.scan.answer(777)->holders[0].name, "child");
}

TEST("a question asked while a pass runs is complete only after the next one") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 110; ++pid) fixture.process(pid, pid);
  Scan scan(fixture);
  scan.scan.want(scan.now, 1, 0, {});
  std::vector<uint32_t> changed;
  for (int i = 0; i < 4; ++i) scan.scan.scan(scan.now, monotonic_nanos() + 1, changed);
  scan.scan.want(scan.now, 2, 0, {});
  while (!scan.scan.answer(1)->complete) scan.scan.scan(scan.now += kNanosPerSecond, monotonic_nanos() + 1, changed);
  CHECK(!scan.scan.answer(2)->complete);
  scan.run();
  CHECK(scan.scan.answer(2)->complete);
}

TEST("scanning takes no more than its share of a CPU") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 120; ++pid) fixture.process(pid, pid);
  FdScanOptions options;
  options.cpu_percent = 10;
  options.burst_ns = 1;
  Scan scan(fixture, options);
  std::vector<uint32_t> changed;
  scan.scan.want(scan.now, 777, 0, {});
  scan.scan.scan(scan.now, INT64_MAX, changed);
  scan.scan.want(scan.now, 778, 0, {});
  const int64_t next = scan.scan.next_deadline();
  CHECK(next > scan.now + 100'000);  // 20 processes take longer than 10 us
  const auto passes = scan.scan.passes();
  scan.scan.scan(scan.now + 1, INT64_MAX, changed);
  CHECK_EQ(scan.scan.passes(), passes);
  scan.scan.scan(next, INT64_MAX, changed);
  CHECK_EQ(scan.scan.passes(), passes + 1);
}

TEST("a process that began a moment ago is visited again at once for a new question, while a pass runs") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 150; ++pid) fixture.process(pid, pid);
  Scan scan(fixture);
  scan.ask(1);
  const int64_t tick = kNanosPerSecond / clock_ticks_per_second();
  fixture.process(300, static_cast<unsigned long>(clock_nanos(CLOCK_BOOTTIME) / tick));
  scan.ask(2);  // met here, without a socket yet
  scan.now += kNanosPerSecond;
  std::vector<uint32_t> changed;
  const auto step = [&] { scan.scan.scan(scan.now, monotonic_nanos() + 1, changed); };
  scan.scan.want(scan.now, 3, 0, {});
  step();
  step();
  fixture.socket(300, 3, 777);
  scan.now += kNanosPerSecond / 10;
  scan.scan.want(scan.now, 777, 0, {});
  for (int i = 0; i < 3 && changed.empty(); ++i) step();
  CHECK_EQ(scan.scan.answer(777)->holders.size(), 1u);
}

TEST("a likely process is looked at first") {
  ProcFixture fixture;
  for (unsigned pid = 100; pid < 150; ++pid) fixture.process(pid, pid);
  fixture.socket(120, 3, 777);
  Scan scan(fixture);
  const std::array<uint32_t, 1> likely{120};
  scan.scan.want(scan.now, 777, 0, likely);
  std::vector<uint32_t> changed;
  for (int i = 0; i < 3 && changed.empty(); ++i) scan.scan.scan(scan.now, monotonic_nanos() + 1, changed);
  CHECK_EQ(changed.size(), 1u);
  CHECK(!scan.scan.answer(777)->complete);
}

}  // namespace
