// Owns: the questions of new flows: asks the socket meter's owners first, then the classic attributor, and brings the
// answers back. Knows nothing of: devices and interface counters. The control thread uses it.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "native/engine/metering.h"
#include "native/engine/shared_state.h"
#include "native/host/attributor.h"
#include "native/host/conntrack.h"

namespace nettrace {

class Attribution {
 public:
  /// `metering` is null where owners are found in the classic way alone, `attributor` where the kernel refuses that.
  Attribution(SharedState& shared, std::unique_ptr<Metering> metering, std::unique_ptr<Attributor> attributor,
              std::optional<Conntrack> conntrack)
      : shared_(shared),
        metering_(std::move(metering)),
        attributor_(std::move(attributor)),
        conntrack_(std::move(conntrack)) {}

  /// Takes up new questions, works on open ones for a bounded time, publishes what is known.
  void round(int64_t now_ns);
  /// Reads the counters of all sockets. `now_ns`: CLOCK_MONOTONIC.
  void count_sockets(int64_t now_ns);
  /// What sockets moved so far does not count: capture has just begun.
  void start_counting();
  void tidy(int64_t now_ns);
  /// Nothing more is captured: what waits for other captures need not wait any longer.
  void finish() {
    finishing_ = true;
    if (metering_ != nullptr) metering_->finish();
  }

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
    bool local_sent =
        true;              ///< where not oriented: the interface sends what `tuple.local` sends, else it receives that
    int64_t first_ns = 0;  ///< of its first packet, CLOCK_REALTIME
    InterfaceSlot interface = 0;
  };
  /// An answer of the socket meter.
  struct Owned {
    FlowId flow;
    SocketOwner owner;
    bool several = false;
    bool connected = false;
    bool here = false;  ///< its flow was taken for one that passes through; `inside` is the tuple seen from its socket
    bool mirrored = false;
    bool translated = false;  ///< `inside` is the tuple behind the NAT
    bool forwarded = false;   ///< translated for a process that is not known: it passes through
    FiveTuple inside;
    InterfaceSlot interface = 0;
  };

  void collect(int64_t now_ns);
  Question question_for(const Flow& flow, FlowId id) const;
  void resolve();
  bool ask_meter(const Question& question);
  bool ask_here(const Question& question);
  bool ask_elsewhere(const Question& question);
  bool ask_translated(const Question& question);
  void publish_owned(const Owned& one);
  void publish(int64_t now_ns);
  void publish_ends();
  void apply_metering();
  void report_metering();

  SharedState& shared_;
  std::unique_ptr<Metering> metering_;
  std::unique_ptr<Attributor> attributor_;
  std::optional<Conntrack> conntrack_;  ///< nothing where the kernel does not translate

  // Reused by every round.
  std::vector<FlowId> flows_;
  std::vector<FlowId> forgotten_;
  std::vector<Question> questions_;
  std::vector<AttributionRequest> requests_;
  std::vector<Owned> owned_;
  std::vector<std::pair<FlowId, int64_t>> left_open_;  ///< and when to ask again, CLOCK_REALTIME
  size_t translations_ = 0;                            ///< asked for in this round
  std::vector<Verdict> verdicts_;
  std::vector<ProcessInfo> processes_;
  std::vector<ProcessEnd> ended_;
  int64_t next_check_ns_ = 0;
  bool more_unresolved_ = false;
  bool finishing_ = false;
};

}  // namespace nettrace
