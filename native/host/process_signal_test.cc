// Owns: tests of signals to processes that were seen: only to them, whoever has their pid.
// Knows nothing of: screens.
#include "native/host/process_signal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "native/dev/test.h"
#include "native/host/process_stat.h"

namespace {

using namespace nettrace;

/// A process that waits for a signal, and ends with its owner.
class Sleeper {
 public:
  Sleeper() : pid_(::fork()) {
    if (pid_ != 0) return;
    ::pause();
    ::_exit(0);
  }
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  ~Sleeper() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  uint32_t pid() const { return static_cast<uint32_t>(pid_); }
  /// How it ended: the signal.
  int ended_by() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t pid_;
};

uint64_t start_of(const ProcRoot& proc, uint32_t pid) {
  std::array<char, 1024> buffer{};
  const UniqueFd process = proc.process(pid);
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", buffer).text);
  return stat ? stat->start_time : 0;
}

TEST("a signal goes to the process with that pid and that start") {
  const ProcRoot proc = std::move(ProcRoot::open("/proc")).value();
  Sleeper sleeper;
  const auto outcome = signal_process(proc, sleeper.pid(), start_of(proc, sleeper.pid()), SIGTERM);
  CHECK(outcome && outcome.value() == SignalOutcome::kSent);
  CHECK_EQ(sleeper.ended_by(), SIGTERM);
}

TEST("a process that has got the pid since is not hit, however little later it started") {
  const ProcRoot proc = std::move(ProcRoot::open("/proc")).value();
  Sleeper sleeper;
  const uint64_t start = start_of(proc, sleeper.pid());
  for (const uint64_t other : {start - 1, start + 1, uint64_t{0}}) {
    const auto outcome = signal_process(proc, sleeper.pid(), other, SIGKILL);
    CHECK(outcome && outcome.value() == SignalOutcome::kOther);
  }
  CHECK_EQ(::waitpid(static_cast<pid_t>(sleeper.pid()), nullptr, WNOHANG), 0);
}

TEST("a process that has ended gets nothing, waited for or not; a signal that does not exist is an error") {
  const ProcRoot proc = std::move(ProcRoot::open("/proc")).value();
  Sleeper sleeper;
  const uint32_t pid = sleeper.pid();
  const uint64_t start = start_of(proc, pid);
  CHECK(!signal_process(proc, pid, start, 4000));
  ::kill(static_cast<pid_t>(pid), SIGKILL);
  siginfo_t info{};
  ::waitid(P_PID, pid, &info, WEXITED | WNOWAIT);
  const auto zombie = signal_process(proc, pid, start, SIGTERM);
  CHECK(zombie && zombie.value() == SignalOutcome::kGone);
  CHECK_EQ(sleeper.ended_by(), SIGKILL);
  const auto gone = signal_process(proc, pid, start, SIGTERM);
  CHECK(gone && gone.value() == SignalOutcome::kGone);
}

}  // namespace
