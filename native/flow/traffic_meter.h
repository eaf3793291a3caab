// Owns: counting: packets in, flows and books out; late binding of bytes to owners that become known afterwards.
// Knows nothing of: threads, sockets, how an owner is found. The engine's lock guards every call.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "native/decode/packet_view.h"
#include "native/flow/flow_table.h"
#include "native/flow/foreign_sockets.h"
#include "native/flow/fragment_cache.h"
#include "native/flow/ledger.h"
#include "native/flow/local_addresses.h"
#include "native/flow/settlement.h"
#include "native/flow/sighting.h"
#include "native/flow/verdict.h"

namespace nettrace {

/// What was counted on one interface.
struct InterfaceTraffic {
  Vantage vantage;
  /// The sum of the ledger's accounts of the interface. Its frames as tapped are what the own counters of veth, virtio,
  /// tun, bridge and loopback devices count.
  Counters counters;
  /// What the kernel counted by socket and the capture has not delivered: late by now, or lost by a full ring. The sum
  /// of the accounts is `counters` and this.
  Counters recovered;
  uint64_t lost_frames = 0;  ///< frames that the capture lost
  int64_t last_loss_ns = 0;  ///< when that was last seen to grow, CLOCK_REALTIME
  /// Packets later than this (CLOCK_REALTIME) are not part of `at_cut`, which is taken when the first of them comes.
  int64_t cut_ns = kNever;
  Counters at_cut;  ///< `counters` and `recovered` at the last cut
  bool cut_taken = false;
  uint64_t frames = 0;  ///< handed over by the capture; the sum of `outcomes`
  std::array<uint64_t, kOutcomeCount> outcomes{};
};

struct MeterOptions {
  size_t max_flows = 200'000;
  HashKey hash_key{};  ///< random for every run
};

class TrafficMeter final : private FlowLeaves {
 public:
  explicit TrafficMeter(const MeterOptions& options);

  InterfaceSlot add_interface(const Vantage& vantage);
  /// A device that had left is there again.
  void set_vantage(InterfaceSlot slot, const Vantage& vantage);
  /// The device of the interface is gone, and costs no packet and no charge anything from now on: a host whose
  /// containers come and go has had thousands. False while there are flows on it.
  bool leave_interface(InterfaceSlot slot);
  void set_local_addresses(LocalAddresses addresses) { addresses_ = std::move(addresses); }

  void set_lost_frames(InterfaceSlot slot, uint64_t frames, int64_t realtime_ns) noexcept;
  /// Asks for a cut between the packets up to this moment (CLOCK_REALTIME) and those after it.
  void begin_cut(InterfaceSlot slot, int64_t realtime_ns) noexcept;
  /// What had been counted at the cut. `now`: no packet from before can still come.
  std::optional<Counters> end_cut(InterfaceSlot slot, bool now) noexcept;

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

  // What the kernel counts by socket (traffic_settlement.cc).

  /// The slot of a device, if it is there.
  std::optional<InterfaceSlot> slot_of(uint32_t interface_index, uint32_t netns = 0) const noexcept;
  void set_metered() noexcept { metered_ = true; }
  void charge_socket(const SocketCharge& charge);
  /// What was charged to `from` for a socket was `to`'s.
  void move_socket(InterfaceSlot interface, OwnerSlot from, OwnerSlot to, const Counters& counters);
  /// TCP payload that was sent again, on whatever interface.
  void charge_retransmission(const FiveTuple& tuple, OwnerSlot owner, uint64_t bytes, uint64_t packets);
  /// The flow is this owner's, by the kernel's own word; what is unsettled of it too.
  /// `since_ns`: when its socket was first heard of (CLOCK_REALTIME); datagrams from before were another one's.
  void bind_metered(FlowId id, OwnerSlot owner, int64_t since_ns, uint64_t cookie = 0);
  /// A TCP flow that only a listening socket fits: its SYN is that one's owner's; who will serve it, is not known.
  void bind_listener(FlowId id, OwnerSlot owner);
  /// Nobody is known for the flow yet: it is due for another look at this time, if it is active then.
  void leave_open(FlowId id, int64_t check_ns);
  /// How the flow lies to its owner from now on; all of its bytes are charged anew.
  void view_flow(FlowId id, AccountView view);
  /// A flow of which neither end is local has found its owner, or another name: is it charged to that owner, or as
  /// `inside` to anybody, on another interface as well?
  bool is_charged_elsewhere(const Flow& flow, OwnerSlot owner);
  bool is_charged_elsewhere(const FiveTuple& inside, InterfaceSlot but);
  /// A flow of which neither end is local is that of a socket of this host with this tuple: it is seen from there from
  /// now on, if the socket is still there (`open`). Gives what is to be bound to its owner.
  FlowId claim(FlowId id, const FiveTuple& tuple, bool connected, bool open);
  /// A socket has this owner from now on: so have the flows of its tuple. `since_ns` as above.
  void own_socket(const FiveTuple& tuple, uint64_t cookie, OwnerSlot owner, int64_t since_ns, int64_t now_ns);
  /// A socket is gone. Its flows stay its owner's until `until_ns` (CLOCK_REALTIME); then they are asked for again.
  void close_socket(const FiveTuple& tuple, int64_t until_ns);
  /// A process sent this through packet sockets on the interface: it was charged to flows that no process owns, or will
  /// be. `counted_ns`: when the sockets were counted last, CLOCK_REALTIME. Gives what was not found.
  Way charge_injection(InterfaceSlot interface, OwnerSlot owner, Way sent, int64_t counted_ns);

  /// A process has been seen for the first time, or has a new name.
  void learn(const ProcessInfo& process) { ledger_.process_owner(process); }
  /// A process has ended.
  void end_process(const ProcessKey& key, int64_t monotonic_ns, int64_t realtime_ns) {
    ledger_.close_process(key, monotonic_ns, realtime_ns);
  }
  /// Forgets idle flows and folds owners that ended long ago; a bounded amount of work.
  void tidy(int64_t monotonic_ns, int64_t realtime_ns);

  OwnerSlot process_owner(const ProcessInfo& process, uint32_t netns);
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
  void charge_later_fragment(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting,
                             const Way& way);
  void charge_flow(Flow& flow, const PacketView& packet, const Way& way, bool sent);
  Flow& open_flow(InterfaceSlot interface, const PacketView& packet, const Sighting& sighting, uint32_t hash);
  void follow_tcp(Flow& flow, const PacketView& packet, bool from_local);
  void end_flow(Flow& flow) noexcept;
  void leave_listener(Flow& flow, const PacketView& packet);
  /// Where the flow counts for its owner: among those that have ended, or not.
  uint32_t& flow_count(const Flow& flow) noexcept;
  void owner_ended(Flow& flow);
  void doubt_owner(const Flow& flow, int64_t next_ns);
  void bind_beside(Flow& flow, const Verdict& verdict, OwnerSlot owner);
  void set_account(Flow& flow, AccountSlot account);
  void take_cut(InterfaceTraffic& traffic) noexcept;
  AccountSlot account_of(const Flow& flow, OwnerSlot owner) {
    return ledger_.account(owner, flow.interface, flow.view);
  }
  AccountSlot account_of(const Flow& flow, Reason reason) { return account_of(flow, Ledger::reason_owner(reason)); }
  bool is_pending(const Flow& flow) const noexcept {
    return ledger_.at(flow.account).owner == Ledger::reason_owner(Reason::kPending);
  }
  bool crosses_again(const Flow& flow, const PacketView& packet);
  void set_view(Flow& flow, AccountView view);
  void move_unsettled(const Flow& flow, AccountSlot to);
  void settle(Flow& flow) noexcept;
  void reclass(Flow& flow) noexcept;
  void ask(Flow& flow);

  // Sockets whose address is none of this host's (traffic_turning.cc).
  Flow* find_flow(InterfaceSlot interface, const FiveTuple& tuple);
  bool is_foreign(const FiveTuple& tuple) const noexcept;
  void note_socket(const FiveTuple& tuple, bool last = false);
  std::optional<Sighting> sighting_of_socket(const Sighting& sighting) const;
  Flow& turn(Flow& flow, const FiveTuple& tuple);
  void take_over(Flow& to, const Flow& was);

  Flow& open_unseen(InterfaceSlot interface, const FiveTuple& tuple, AccountSlot account, int64_t now_ns);
  void join_pool(Flow& flow);
  void leave_pool(const Flow& flow);
  PortPool& open_pool(InterfaceSlot interface, const FiveTuple& tuple);
  void close_unused(PortPool& pool);
  void rebind(Flow& flow, OwnerSlot owner, int64_t since_ns);
  PortPool* find_pool(InterfaceSlot interface, const FiveTuple& tuple);
  void settle_part(Flow& flow, AccountSlot to, Counters& left);
  void settle_pool(PortPool& pool, const IpAddress& local, AccountSlot to, Counters& left);
  RetiredFlow* find_retired(const SocketCharge& charge);
  bool settle_retired(const SocketCharge& charge, AccountSlot to, Counters& left);
  void charge_uncaptured(const SocketCharge& charge, AccountSlot to);
  void charge_connection(const SocketCharge& charge, AccountSlot to);

  // What is charged before its packets have come (traffic_ahead.cc).
  void charge_ahead(Flow& flow, AccountSlot to, const Counters& more, int64_t now_ns);
  void charge_ahead(PortPool& pool, AccountSlot to, const Counters& more, int64_t now_ns);
  void add_ahead(Ahead& ahead, InterfaceSlot interface, AccountSlot account, const Counters& more, int64_t now_ns);
  Way take_ahead(Flow& flow, const Way& way, bool sent);
  Way take_part(Ahead& ahead, InterfaceSlot interface, const Way& way, bool sent);
  /// True where the packets may have been lost: then the bytes stay charged.
  bool void_ahead(Ahead& ahead, const Counters& part, InterfaceSlot interface, Flow* flow);
  void void_overdue(Ahead& ahead, InterfaceSlot interface, Flow* flow, int64_t late_ns);
  void tidy_ahead(int64_t realtime_ns);

  // Frames that were sent past all sockets (traffic_injection.cc).
  Way take_injected(AccountSlot from, AccountSlot to, const Way& have, Way& left);
  void take_injected(Flow& flow, AccountSlot to, Way& left);
  void disown(const Flow& flow);
  void tidy_disowned(int64_t realtime_ns);

  void charge_early(const SocketCharge& charge, AccountSlot to, const Counters& more, bool over);
  void keep_ahead(const Flow& flow);
  bool is_superseded(const Flow& flow, int64_t packet_ns) const;
  void adopt_early(Flow& flow, bool opens);
  void give_ahead(Flow& flow, const EarlyConnection& early);
  void tidy_early(int64_t late_ns);
  void retire(const Flow& flow, AccountSlot account);
  void tidy_settlement(int64_t realtime_ns);

  FlowTable table_;
  Ledger ledger_;
  FragmentCache fragments_;
  LocalAddresses addresses_;
  ForeignSockets foreign_;
  std::vector<InterfaceTraffic> interfaces_;
  std::vector<InterfaceSlot> present_;  ///< those that have not left, in their order
  std::deque<FlowId> unresolved_;
  std::vector<FlowId> forgotten_;
  uint64_t table_drops_ = 0;
  bool metered_ = false;
  std::unordered_map<uint32_t, Disowned> disowned_;           ///< by slot of the flow
  std::unordered_map<uint32_t, Ahead> ahead_;                 ///< by slot of the flow
  std::unordered_map<uint32_t, Ahead> pools_ahead_;           ///< by place of the pool
  std::unordered_multimap<uint32_t, EarlyConnection> early_;  ///< by hash of the flow to come
  std::vector<PortPool> pools_;                               ///< 0 stands for "none"
  std::vector<uint32_t> free_pools_;
  std::unordered_map<uint64_t, uint32_t> pool_of_;
  std::unordered_multimap<uint32_t, RetiredFlow> retired_;  ///< by hash of the flow
  std::deque<std::pair<int64_t, uint32_t>> retired_order_;  ///< (time, hash), the oldest first
};

}  // namespace nettrace
