// Owns: two limits on how much is done: a token bucket by count, and a share of one CPU. Pure; time is handed in.
// Knows nothing of: what is limited.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {

/// Tokens that come back at a steady rate, up to a burst.
class TokenBucket {
 public:
  TokenBucket(uint32_t per_second, uint32_t burst) noexcept
      : per_second_(std::max(per_second, 1u)), burst_(std::max(burst, 1u)), tokens_(burst_) {}

  /// Takes up to `wanted` tokens; gives how many.
  uint32_t take(int64_t now_ns, uint32_t wanted) noexcept {
    refill(now_ns);
    const uint32_t taken = std::min(wanted, static_cast<uint32_t>(tokens_));
    tokens_ -= taken;
    return taken;
  }
  /// Gives back tokens that were taken and not needed.
  void give_back(uint32_t tokens) noexcept { tokens_ = std::min<double>(burst_, tokens_ + tokens); }
  /// When there are `wanted` tokens (at most the burst); not later than `now_ns` if there are.
  int64_t ready_at(int64_t now_ns, uint32_t wanted) const noexcept {
    const double missing = std::min(wanted, burst_) - tokens_at(now_ns);
    return missing <= 0 ? now_ns : now_ns + static_cast<int64_t>(missing * 1e9 / per_second_) + 1;
  }

 private:
  double tokens_at(int64_t now_ns) const noexcept {
    const double gained = static_cast<double>(std::max<int64_t>(now_ns - since_ns_, 0)) * per_second_ / 1e9;
    return std::min<double>(burst_, tokens_ + (started_ ? gained : 0));
  }
  void refill(int64_t now_ns) noexcept {
    tokens_ = tokens_at(now_ns);
    since_ns_ = std::max(now_ns, since_ns_);
    started_ = true;
  }

  uint32_t per_second_;
  uint32_t burst_;
  double tokens_;
  int64_t since_ns_ = 0;
  bool started_ = false;
};

/// A share of one CPU, with credit for bursts. Work that has begun may overdraw it; the debt is waited off.
class CpuShare {
 public:
  /// `percent` of one CPU in the long run; at most `burst_ns` at a time after a rest.
  CpuShare(int percent, int64_t burst_ns) noexcept : percent_(percent), burst_ns_(burst_ns), credit_ns_(burst_ns) {}

  bool allows(int64_t now_ns) noexcept { return ready_at(now_ns) <= now_ns; }
  void spend(int64_t now_ns, int64_t used_ns) noexcept {
    credit_ns_ = credit_at(now_ns) - used_ns;
    since_ns_ = now_ns;
  }
  int64_t ready_at(int64_t now_ns) const noexcept {
    const int64_t credit = credit_at(now_ns);
    return credit > 0 ? now_ns : now_ns + (1 - credit) * 100 / percent_ + 1;
  }

 private:
  int64_t credit_at(int64_t now_ns) const noexcept {
    if (since_ns_ == 0) return credit_ns_;
    const int64_t elapsed = std::clamp<int64_t>(now_ns - since_ns_, 0, 1000 * kNanosPerSecond);
    return std::min(burst_ns_, credit_ns_ + elapsed * percent_ / 100);
  }

  int percent_;
  int64_t burst_ns_;
  int64_t credit_ns_;
  int64_t since_ns_ = 0;
};

}  // namespace nettrace
