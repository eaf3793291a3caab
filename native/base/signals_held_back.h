// Owns: a stretch of a thread's work during which no signal is delivered to it.
// Knows nothing of: what work that is.
#pragma once

#include <pthread.h>

#include <csignal>

namespace nettrace {

/// Signals that can be held back wait until it is gone: for calls that give up as soon as one is pending, as the BPF
/// verifier does (EAGAIN, bpf(2)).
class SignalsHeldBack {
 public:
  SignalsHeldBack() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsHeldBack() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeldBack(const SignalsHeldBack&) = delete;
  SignalsHeldBack& operator=(const SignalsHeldBack&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace nettrace
