// Owns: the socket meter in an engine: reads it, keeps its owners and processes, and brings what it says into the
// traffic meter. Knows nothing of: flows that it was not asked about. The control thread uses it; apply() under the
// engine's lock.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "native/engine/elsewhere.h"
#include "native/engine/process_book.h"
#include "native/flow/traffic_meter.h"
#include "native/host/proc_root.h"
#include "native/meter/socket_books.h"
#include "native/meter/socket_meter.h"
#include "native/meter/socket_owners.h"

namespace nettrace {

struct MeteringOptions {
  std::string proc_root = "/proc";
  bool light = false;      ///< nothing is captured: count everything
  bool everywhere = true;  ///< with light: in every network namespace, not in this one alone
  bool charges = true;     ///< false: the capture sees only a part, so that owners alone are of use
  bool streams = false;  ///< with light: where no program loads, what TCP itself counts will do (MeterTier::kSockDiag)
};

class Metering final : private MeterSink, private BookSink {
 public:
  /// Loads and attaches the programs in the network namespace of the caller. Errors: kMeterNotPermitted, else as
  /// SocketMeter::open().
  static Result<std::unique_ptr<Metering>> open(const MeteringOptions& options);

  /// Reads the events that have come.
  void poll();
  /// Reads the counters of every socket that has moved something. Errors: kMeterFailed.
  Result<void> dump();
  /// Interfaces of other network namespaces that were met for the first time; each once.
  std::vector<InterfaceElsewhere> take_elsewhere() { return std::exchange(elsewhere_, {}); }
  /// What was read so far was moved before capture began: it does not count.
  void start_counting();
  /// Hands over at most `limit` of what was read; true while there is more.
  bool apply(TrafficMeter& traffic, size_t limit);
  /// The owner of an accepted connection is the listener's so far; who serves it will be told in a moment.
  bool is_unsettled(const SocketOwner& owner) const { return books_.is_waiting(owner.cookie); }
  /// From now on nothing waits.
  void finish() { books_.finish(); }
  /// When the first such wait ends, CLOCK_MONOTONIC.
  int64_t next_deadline() const noexcept { return books_.next_release(); }
  /// Who owns this flow, as far as the meter knows; kSeveral: it cannot be told from the tuple alone.
  OwnerAnswer owner_of(const FiveTuple& tuple, const FlowBegin& begin) const {
    return owners_.find(netns_, tuple, begin);
  }
  /// The same for a flow whose local address is none of this host's.
  OwnerAnswer owner_at(const FiveTuple& tuple) const { return owners_.find_at(netns_, tuple); }
  /// Owners come with dump() alone, and a listener says nothing of who serves its connections.
  bool tells_late() const noexcept { return meter_->status().tier == MeterTier::kCgroup; }
  /// When the last dump began, CLOCK_MONOTONIC.
  int64_t dumped_ns() const noexcept { return dumped_ns_; }
  OwnerAnswer owner_elsewhere(const FiveTuple& tuple) const { return owners_.find_elsewhere(netns_, tuple); }
  /// Binds a flow to such an owner; under the engine's lock.
  void bind(TrafficMeter& traffic, FlowId flow, const SocketOwner& owner, bool connected);

  void set_mtus(std::span<const InterfaceMtu> mtus) { meter_->set_mtus(mtus); }
  void expire(int64_t now_ns);
  int fd() const noexcept { return meter_->fd(); }
  const MeterStatus& status() const noexcept { return meter_->status(); }
  MeterLosses losses() const { return meter_->losses(); }
  size_t open_sockets() const noexcept { return owners_.open_sockets(); }

 private:
  /// Something to be done in the traffic meter, in the order in which it was read.
  struct Step {
    enum class Kind : uint8_t { kCharge, kMove, kRetransmission, kOwn, kClose, kInjection, kRename, kEnd };
    Kind kind = Kind::kCharge;
    bool last = false;  ///< kCharge: the socket is gone
    FiveTuple tuple;
    ProcessKey process;  ///< of kRename and kEnd
    ChargedTo owner;
    ChargedTo from;  ///< kMove
    uint32_t netns = 0;
    uint32_t interface_index = 0;
    LaneCounters counters;
    uint64_t cookie = 0;
    int64_t since_ns = 0;  ///< when the socket was first heard of, CLOCK_MONOTONIC
    uint64_t bytes = 0;    ///< kRetransmission
    uint64_t packets = 0;
    int64_t time_ns = 0;  ///< CLOCK_MONOTONIC
  };
  /// What a process sent through packet sockets and was not found among the flows, yet.
  struct OpenInjection {
    ProcessKey process;
    uint32_t interface_index = 0;
    Way left;
    int64_t counted_ns = 0;  ///< CLOCK_MONOTONIC; of the sockets' packets, too
    int64_t until_ns = 0;
  };

  Metering(const MeteringOptions& options, std::unique_ptr<SocketMeter> meter, std::unique_ptr<ProcRoot> proc);

  void on_owner(const OwnerRecord& record) override;
  void on_traffic(const TrafficRecord& record) override;
  void on_injection(const InjectionRecord& record) override;
  void on_fork(const ForkRecord& record) override { processes_.on_fork(record); }
  void on_exec(const ExecRecord& record) override;
  void on_rename(const RenameRecord& record) override;
  void on_exit(const ExitRecord& record) override;
  void on_charge(const MeteredSocket& socket, const MeteredProcess& owner, uint32_t interface_index,
                 const LaneCounters& counters) override;
  void on_move(const MeteredSocket& socket, const ChargedTo& from, const MeteredProcess& to, uint32_t interface_index,
               const LaneCounters& counters) override;
  void on_retransmission(const MeteredSocket& socket, const MeteredProcess& owner, uint64_t bytes,
                         uint64_t packets) override;
  void on_owned(const MeteredSocket& socket, const MeteredProcess& owner) override;
  void on_closed(const MeteredSocket& socket) override;

  Step& add(Step::Kind kind, const MeteredSocket& socket, const MeteredProcess& owner);
  bool is_watched(uint32_t netns) const noexcept { return netns == netns_ || (options_.light && options_.everywhere); }
  bool is_counted(const MeteredSocket& socket) const noexcept;
  void take_step(TrafficMeter& traffic, const Step& step);
  void charge(TrafficMeter& traffic, const Step& step);
  void inject(TrafficMeter& traffic, OpenInjection& open);
  std::optional<OwnerSlot> owner_slot(TrafficMeter& traffic, const Step& step, const ChargedTo& owner);
  std::optional<OwnerSlot> process_slot(TrafficMeter& traffic, const ProcessKey& key, uint32_t netns);

  MeteringOptions options_;
  uint32_t netns_ = 0;
  int64_t now_ns_ = 0;  ///< CLOCK_MONOTONIC of the record being read
  int64_t dumped_ns_ = 0;
  bool last_ = false;  ///< it is the socket's last one
  std::unique_ptr<ProcRoot> proc_;
  std::unique_ptr<SocketMeter> meter_;
  SocketBooks books_;
  SocketOwners owners_;
  ProcessBook processes_;
  std::vector<Step> steps_;
  std::vector<ProcessKey> renamed_;
  size_t next_step_ = 0;
  std::vector<OpenInjection> injections_;
  std::vector<InterfaceElsewhere> elsewhere_;
  std::unordered_set<uint64_t> met_elsewhere_;  ///< namespace and ifindex
};

}  // namespace nettrace
