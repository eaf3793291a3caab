// Owns: tests of process descriptions, of noticing their end, and of the two work limits.
// Knows nothing of: sockets.
#include <unistd.h>

#include "native/base/clock.h"
#include "native/dev/test.h"
#include "native/host/proc_fixture.h"
#include "native/host/process_info.h"
#include "native/host/process_watch.h"
#include "native/host/work_budget.h"

namespace {

using namespace nettrace;
using nettrace::test::ProcFixture;

struct Reader {
  explicit Reader(const ProcFixture& fixture)
      : proc(std::move(ProcRoot::open(fixture.path().string())).value()), reader(proc) {}
  ProcRoot proc;
  ProcessInfoReader reader;
};

TEST("a process is described from stat, status, exe and cmdline, with its start in real time") {
  ProcFixture fixture;
  fixture.file("stat", "cpu 1 2 3\nintr " + std::string(200'000, '1') + "\nbtime 1700000000\n");
  fixture.process(10, 12'345, "web (1)");
  fixture.file("10/status", "Name:\tweb\nUid:\t1\t0\t2\t3\nGid:\t0\n");
  fixture.file("10/cmdline", std::string("web\0--port\0"
                                         "80\0",
                                         14));
  std::filesystem::create_symlink("/usr/bin/web", fixture.path() / "10/exe");
  Reader reader(fixture);
  const auto info = reader.reader.read({10, 12'345});
  CHECK(info.has_value());
  CHECK_EQ(info->name, "web (1)");
  CHECK_EQ(info->uid, 0u);
  CHECK_EQ(info->user, "root");
  CHECK_EQ(info->parent_pid, 1u);
  CHECK_EQ(info->executable, "/usr/bin/web");
  CHECK_EQ(info->command_line, std::string("web\0--port\0"
                                           "80\0",
                                           14));
  const int64_t ticks = sysconf(_SC_CLK_TCK);
  CHECK_EQ(info->start_realtime_ms, 1'700'000'000'000 + 12'345 * 1000 / ticks);
}

TEST("another start time is another process, and nothing is told of it") {
  ProcFixture fixture;
  fixture.process(10, 100);
  Reader reader(fixture);
  CHECK(!reader.reader.read({10, 99}));
  CHECK(!reader.reader.read({11, 100}));
  CHECK(reader.reader.alive({10, 100}));
  CHECK(!reader.reader.alive({10, 99}));
  fixture.process(10, 100, "gone", 0, 'Z');
  CHECK(!reader.reader.alive({10, 100}));
}

TEST("a command line is cut at 4096 bytes, and what cannot be read stays empty") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.file("10/cmdline", std::string(100'000, 'x'));
  Reader reader(fixture);
  const auto info = reader.reader.read({10, 100});
  CHECK_EQ(info->command_line.size(), 4096u);
  CHECK(info->executable.empty());
  CHECK(info->user.empty());
}

TEST("a refresh tells same, changed and gone apart") {
  ProcFixture fixture;
  fixture.process(10, 100, "sh");
  Reader reader(fixture);
  auto info = reader.reader.read({10, 100});
  CHECK_EQ(reader.reader.refresh(*info), ProcessChange::kSame);
  fixture.process(10, 100, "curl");
  CHECK_EQ(reader.reader.refresh(*info), ProcessChange::kChanged);
  CHECK_EQ(info->name, "curl");
  fixture.process(10, 101, "curl");
  CHECK_EQ(reader.reader.refresh(*info), ProcessChange::kGone);
}

TEST("without pidfds the end of a process is found by a poll once a second") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.process(11, 110);
  Reader reader(fixture);
  ProcessWatch watch(reader.reader, 0);
  CHECK_EQ(watch.fd(), -1);
  CHECK_EQ(watch.next_deadline(), INT64_MAX);
  watch.add({10, 100});
  watch.add({11, 110});
  std::vector<ProcessEnd> ended;
  watch.ended(kNanosPerSecond, ended);
  CHECK(ended.empty());
  fixture.process(10, 500);  // the pid is another process by now
  watch.ended(kNanosPerSecond * 3 / 2, ended);
  CHECK(ended.empty());
  CHECK_EQ(watch.next_deadline(), 2 * kNanosPerSecond);
  watch.ended(2 * kNanosPerSecond, ended);
  CHECK_EQ(ended.size(), 1u);
  CHECK(ended[0].process == (ProcessKey{10, 100}));
  CHECK_EQ(ended[0].time_ns, 2 * kNanosPerSecond);
  CHECK_EQ(watch.size(), 1u);
}

TEST("a process without a pidfd that is heard to have ended is looked at at once") {
  ProcFixture fixture;
  fixture.process(10, 100);
  fixture.process(11, 110);
  Reader reader(fixture);
  ProcessWatch watch(reader.reader, 0);
  watch.add({10, 100});
  watch.add({11, 110});
  watch.heard_of_end(10, 1000);  // it was a thread
  fixture.end(11);
  watch.heard_of_end(11, 3000);
  watch.heard_of_end(12, 4000);
  std::vector<ProcessEnd> ended;
  watch.ended(kNanosPerSecond, ended);
  CHECK_EQ(ended.size(), 1u);
  CHECK(ended[0].process == (ProcessKey{11, 110}));
  CHECK_EQ(ended[0].time_ns, 3000);
}

TEST("a token bucket gives its burst, then its rate") {
  TokenBucket bucket(1000, 100);
  CHECK_EQ(bucket.take(kNanosPerSecond, 500), 100u);
  CHECK_EQ(bucket.take(kNanosPerSecond, 1), 0u);
  CHECK(bucket.ready_at(kNanosPerSecond, 10) >= kNanosPerSecond + 10 * kNanosPerMilli);
  CHECK_EQ(bucket.take(kNanosPerSecond + 10 * kNanosPerMilli + 1000, 500), 10u);
  CHECK_EQ(bucket.take(10 * kNanosPerSecond, 500), 100u);
}

TEST("a CPU share pays off what was overdrawn before it allows more") {
  CpuShare share(10, 5 * kNanosPerMilli);
  CHECK(share.allows(kNanosPerSecond));
  share.spend(kNanosPerSecond, 15 * kNanosPerMilli);
  CHECK(!share.allows(kNanosPerSecond + 99 * kNanosPerMilli));
  CHECK(share.allows(kNanosPerSecond + 101 * kNanosPerMilli));
  CHECK(share.ready_at(kNanosPerSecond) > kNanosPerSecond + 99 * kNanosPerMilli);
}

}  // namespace
