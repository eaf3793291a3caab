// Owns: the questions of new flows: asks the socket meter's owners first, then the classic attributor, and brings the
// answers back. Knows nothing of: devices and interface counters. The control thread uses it.
#pragma once

#include <memory>
#include <vector>

#include "native/engine/metering.h"
#include "native/engine/shared_state.h"
#include "native/host/attributor.h"

namespace nettrace {

class Attribution {
 public:
  /// `metering` is null where owners are found in the classic way alone, `attributor` where the kernel refuses that.
  Attribution(SharedState& shared, std::unique_ptr<Metering> metering, std::unique_ptr<Attributor> attributor)
      : shared_(shared), metering_(std::move(metering)), attributor_(std::move(attributor)) {}

  /// Takes up new questions, works on open ones for a bounded time, publishes what is known.
  void round(int64_t now_ns);
  /// Reads the counters of all sockets. `now_ns`: CLOCK_MONOTONIC.
  void count_sockets(int64_t now_ns);
  /// What sockets moved so far does not count: capture has just begun.
  void start_counting();
  void tidy(int64_t now_ns);

  Metering* metering() noexcept { return metering_.get(); }
  bool has_more() const noexcept { return more_unresolved_; }
  /// Questions that are still open, and when the next of them can be worked on.
  uint64_t open_questions() const noexcept { return attributor_ != nullptr ? attributor_->stats().queue_length : 0; }
  int64_t next_deadline() const noexcept;
  int exit_fd() const noexcept { return attributor_ != nullptr ? attributor_->exit_fd() : -1; }
  int meter_fd() const noexcept { return metering_ != nullptr ? metering_->fd() : -1; }

 private:
  /// A question, and how the flow lies on its interface.
  struct Question {
    AttributionRequest request;
    bool oriented = true;
    bool behind = false;  ///< the interface leads to another network namespace of this host
    InterfaceSlot interface = 0;
  };
  /// An answer of the socket meter.
  struct Owned {
    FlowId flow;
    SocketOwner owner;
    AccountView view;
    bool several = false;
  };

  void collect(int64_t now_ns);
  Question question_for(const Flow& flow, FlowId id) const;
  void resolve();
  bool ask_meter(const Question& question);
  bool ask_elsewhere(const Question& question);
  void publish(int64_t now_ns);
  void apply_metering();
  void report_metering();

  SharedState& shared_;
  std::unique_ptr<Metering> metering_;
  std::unique_ptr<Attributor> attributor_;

  // Reused by every round.
  std::vector<FlowId> flows_;
  std::vector<FlowId> forgotten_;
  std::vector<Question> questions_;
  std::vector<AttributionRequest> requests_;
  std::vector<Owned> owned_;
  std::vector<Verdict> verdicts_;
  std::vector<ProcessInfo> processes_;
  std::vector<ProcessKey> ended_;
  int64_t next_check_ns_ = 0;
  bool more_unresolved_ = false;
};

}  // namespace nettrace
