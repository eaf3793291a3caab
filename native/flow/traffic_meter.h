// Owns: counting: packets in, flows and books out; late binding of bytes to owners that become known afterwards.
// Knows nothing of: threads, sockets, how an owner is found. The engine's lock guards every call.
#pragma once

#include <array>
#include <deque>
#include <span>
#include <vector>

#include "native/decode/packet_view.h"
#include "native/flow/flow_table.h"
#include "native/flow/fragment_cache.h"
#include "native/flow/ledger.h"
#include "native/flow/local_addresses.h"
#include "native/flow/sighting.h"
#include "native/flow/verdict.h"

namespace nettrace {

/// What was counted on one interface.
struct InterfaceTraffic {
  Vantage vantage;
  /// The sum of the ledger's accounts of the interface. Its frames as tapped are what the own counters of veth, virtio,
  /// tun, bridge and loopback devices count.
  Counters counters;
  /// What the kernel counted by socket and the capture has not delivered: late by now, or lost by a full ring. The sum of
  /// the accounts is `counters` and this.
  Counters recovered;
  uint64_t frames = 0;  ///< handed over by the capture; the sum of `outcomes`
  std::array<uint64_t, kOutcomeCount> outcomes{};

  void add(bool sent, const PacketView& packet) noexcept {
    counters.add(sent, way_of(packet));
  }
};

struct MeterOptions {
  size_t max_flows = 200'000;
  HashKey hash_key{};  ///< random for every run
};

class TrafficMeter final : private FlowLeaves {
 public:
  explicit TrafficMeter(const MeterOptions& options);

  InterfaceSlot add_interface(const Vantage& vantage);
  void set_vantage(InterfaceSlot slot, const Vantage& vantage) { interfaces_[slot].vantage = vantage; }
  void set_local_addresses(LocalAddresses addresses) { addresses_ = std::move(addresses); }

  /// Counts a batch of frames of one interface.
  void count(InterfaceSlot interface, std::span<const PacketView> packets);

  /// Moves at most `limit` flows that nobody has been asked about to `flows`.
  void take_unresolved(size_t limit, std::vector<FlowId>& flows);
  bool has_unresolved() const noexcept { return !unresolved_.empty(); }
  /// Moves flows to `flows` whose owner is due for another look (active ones only), at most `limit`.
  void take_due_checks(int64_t now_ns, size_t limit, std::vector<FlowId>& flows);
  /// Moves the ids of flows that left the table while they were asked about to `flows`.
  void take_forgotten(std::vector<FlowId>& flows);
  /// Charges a flow's unsettled bytes, and all later ones, to the owner of the verdict.
  void bind(const Verdict& verdict);
  /// A process has been seen for the first time, or has a new name.
  void learn(const ProcessInfo& process) { ledger_.process_owner(process); }
  /// A process has ended.
  void end_process(const ProcessKey& key, int64_t monotonic_ns, int64_t realtime_ns) {
    ledger_.close_process(key, monotonic_ns, realtime_ns);
  }
  /// Forgets idle flows and folds owners that ended long ago; a bounded amount of work.
  void tidy(int64_t monotonic_ns, int64_t realtime_ns);

  const LocalAddresses& local_addresses() const noexcept { return addresses_; }
  Flow* flow(FlowId id) noexcept { return table_.get(id); }
  const FlowTable& table() const noexcept { return table_; }
  const Ledger& ledger() const noexcept { return ledger_; }
  const std::vector<InterfaceTraffic>& interfaces() const noexcept { return interfaces_; }
  /// Flows evicted while their owner was still unknown; their bytes are under kTableFull.
  uint64_t table_drops() const noexcept { return table_drops_; }

 private:
  void flow_leaves(const Flow& flow, FlowId id, bool evicted) override;
  void charge(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting, uint32_t hash);
  void charge_later_fragment(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting);
  void charge_flow(Flow& flow, const PacketView& packet, bool sent);
  Flow& open_flow(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting, uint32_t hash);
  void follow_tcp(Flow& flow, const PacketView& packet, bool from_local);
  void owner_ended(Flow& flow);
  void set_account(Flow& flow, AccountSlot account);
  void move_unsettled(const Flow& flow, AccountSlot to);
  void settle(Flow& flow) noexcept;
  void reclass(Flow& flow) noexcept;
  void ask(Flow& flow);

  FlowTable table_;
  Ledger ledger_;
  FragmentCache fragments_;
  LocalAddresses addresses_;
  std::vector<InterfaceTraffic> interfaces_;
  std::deque<FlowId> unresolved_;
  std::vector<FlowId> forgotten_;
  uint64_t table_drops_ = 0;
};

}  // namespace nettrace
