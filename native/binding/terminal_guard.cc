#include "native/binding/terminal_guard.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace nettrace {
namespace {

constexpr std::array kFatalSignals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// What the handler needs lies in static memory: it may not allocate.
std::array<char, 512> leave_bytes;
size_t leave_length = 0;
termios saved_modes;
bool has_modes = false;
bool armed = false;
std::array<struct sigaction, kFatalSignals.size()> previous;
alignas(16) std::array<char, 32 * 1024> signal_stack;  // a stack overflow must be survivable too

void restore_and_die(int signal_number) {
  // Only async-signal-safe calls from here on (signal-safety(7)).
  [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, leave_bytes.data(), leave_length);
  if (has_modes) tcsetattr(STDIN_FILENO, TCSANOW, &saved_modes);
  for (size_t i = 0; i < kFatalSignals.size(); ++i) {
    if (kFatalSignals[i] == signal_number) sigaction(signal_number, &previous[i], nullptr);
  }
  raise(signal_number);
}

}  // namespace

void arm_terminal_guard(const char* leave, size_t length) noexcept {
  leave_length = std::min(length, leave_bytes.size());
  std::memcpy(leave_bytes.data(), leave, leave_length);
  has_modes = tcgetattr(STDIN_FILENO, &saved_modes) == 0;
  if (armed) return;
  armed = true;
  stack_t stack{};
  stack.ss_sp = signal_stack.data();
  stack.ss_size = signal_stack.size();
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = restore_and_die;
  action.sa_flags = SA_ONSTACK | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < kFatalSignals.size(); ++i) sigaction(kFatalSignals[i], &action, &previous[i]);
}

void disarm_terminal_guard() noexcept {
  if (!armed) return;
  armed = false;
  for (size_t i = 0; i < kFatalSignals.size(); ++i) sigaction(kFatalSignals[i], &previous[i], nullptr);
}

}  // namespace nettrace
