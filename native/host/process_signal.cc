#include "native/host/process_signal.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "native/host/process_stat.h"

namespace nettrace {
namespace {

#ifndef SYS_pidfd_open
constexpr long SYS_pidfd_open = 434;  // the same on every architecture
#endif
#ifndef SYS_pidfd_send_signal
constexpr long SYS_pidfd_send_signal = 424;
#endif

/// Whoever has the pid now. A zombie can be opened and signalled, and nothing comes of it.
SignalOutcome look_at(const ProcRoot& proc, uint32_t pid, uint64_t start_ticks) noexcept {
  std::array<char, 1024> buffer{};
  const UniqueFd process = proc.process(pid);
  if (!process) return SignalOutcome::kGone;
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", buffer).text);
  if (!stat) return SignalOutcome::kGone;
  if (stat->start_time != start_ticks) return SignalOutcome::kOther;
  return stat->ended() ? SignalOutcome::kGone : SignalOutcome::kSent;
}

Result<SignalOutcome> outcome_of(long answer, const char* syscall) {
  if (answer == 0) return SignalOutcome::kSent;
  if (errno == ESRCH) return SignalOutcome::kGone;
  return Error::from_errno(errno == EPERM ? ErrorCode::kNotPermitted : ErrorCode::kInternal, syscall);
}

}  // namespace

Result<SignalOutcome> signal_process(const ProcRoot& proc, uint32_t pid, uint64_t start_ticks, int signal) {
  const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
  const int refusal = errno;
  if (!pidfd && refusal != ENOSYS && refusal != EPERM) {
    // A seccomp filter answers EPERM where it does not know the call.
    if (refusal == ESRCH) return SignalOutcome::kGone;
    return Error::from_errno(ErrorCode::kInternal, "pidfd_open");
  }
  if (const SignalOutcome seen = look_at(proc, pid, start_ticks); seen != SignalOutcome::kSent) return seen;
  if (!pidfd) return outcome_of(::kill(static_cast<pid_t>(pid), signal), "kill");
  return outcome_of(::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0), "pidfd_send_signal");
}

}  // namespace nettrace
