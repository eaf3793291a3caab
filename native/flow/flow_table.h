// Owns: the bounded table of flows: lookup by a keyed hash, the lists by class, eviction and expiry.
// Knows nothing of: packets, owners' names and time other than the numbers it is given.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/flow/flow.h"
#include "native/flow/flow_hash.h"

namespace nettrace {

/// Told of every flow that leaves the table, before its slot is reused.
class FlowLeaves {
 public:
  virtual ~FlowLeaves() = default;
  /// `evicted`: pushed out by a newer flow; else its time was up.
  virtual void flow_leaves(const Flow& flow, FlowId id, bool evicted) = 0;
};

/// Idle time in ns after which a flow of the class is forgotten.
constexpr std::array<int64_t, kFlowClassCount> kFlowLifetime{
    30'000'000'000,     // kProbation
    60'000'000'000,     // kEnded: as long as TIME_WAIT lasts, tcp(7)
    120'000'000'000,    // kUnowned
    180'000'000'000,    // kOwnedDatagram: conntrack's own time for an assured UDP stream
    7'200'000'000'000,  // kOwnedStream: tcp_keepalive_time
};

/// At most `capacity` flows, of which a quarter may be on probation: a flood of single packets, whatever the addresses
/// in it, takes neither the memory nor the places of flows that are more. Memory grows with use. Not thread-safe:
/// guarded by the engine's lock.
class FlowTable {
 public:
  FlowTable(size_t capacity, const HashKey& key, FlowLeaves& leaves);

  uint32_t hash(const FiveTuple& tuple, InterfaceSlot interface, bool oriented) const noexcept {
    return flow_hash(key_, tuple, interface, oriented);
  }
  /// Brings the bucket of `hash` into the cache.
  void prefetch(uint32_t hash) const noexcept { __builtin_prefetch(&index_[hash & mask_]); }

  /// The live flow with this identity, or nullptr.
  Flow* find(uint32_t hash, const FiveTuple& tuple, InterfaceSlot interface, bool oriented) noexcept;
  /// Adds a flow in class kProbation; evicts one if there is no room for it. The identity must not be in the table.
  Flow& insert(uint32_t hash, const FiveTuple& tuple, InterfaceSlot interface, bool oriented, int64_t now_ns);
  /// Removes the flow and counts it as expired.
  void remove(Flow& flow) { leave(flow, false); }
  /// Moves the flow to the young end of its list; skipped while it was moved less than a second ago.
  void touch(Flow& flow, int64_t now_ns) noexcept;
  void set_class(Flow& flow, FlowClass flow_class) noexcept;
  /// Removes flows that have been idle for their class's lifetime, at most `limit`.
  size_t expire(int64_t now_ns, size_t limit);

  FlowId id_of(const Flow& flow) const noexcept { return {flow.slot, flow.generation}; }
  /// The live flow with this id, or nullptr if it has left.
  Flow* get(FlowId id) noexcept;
  /// The flow in a slot that is known to hold a live one.
  Flow& at(uint32_t index) noexcept { return slot(index); }

  size_t size() const noexcept { return size_; }
  /// Live flows on the interface.
  size_t size_on(InterfaceSlot interface) const noexcept {
    return interface < sizes_on_.size() ? sizes_on_[interface] : 0;
  }
  size_t capacity() const noexcept { return capacity_; }
  uint64_t created() const noexcept { return created_; }
  uint64_t expired() const noexcept { return expired_; }
  uint64_t evicted() const noexcept { return evicted_; }
  /// Counters of flows that have left; with those of the live flows they add up to all that went through the table.
  const Counters& expired_counters() const noexcept { return expired_counters_; }
  const Counters& evicted_counters() const noexcept { return evicted_counters_; }

  /// Calls `visit(const Flow&, FlowId)` for every live flow.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (uint32_t i = 1; i < used_slots_; ++i) {
      const Flow& flow = slot(i);
      if (flow.live) visit(flow, FlowId{i, flow.generation});
    }
  }
  /// Calls `visit(Flow&)` for the flows of a class, the latest first, until it gives false.
  template <typename Visit>
  void for_each_recent(FlowClass flow_class, Visit&& visit) {
    uint32_t i = lists_[static_cast<size_t>(flow_class)].newest;
    while (i != 0) {
      Flow& flow = slot(i);
      const uint32_t next = flow.older;
      if (!visit(flow)) return;
      i = next;
    }
  }

 private:
  static constexpr size_t kChunk = 4096;
  /// Bucket of the open-addressing index: 0 is empty. The hash travels with the slot, so that a probe that does not
  /// match costs no access to the flow.
  struct Bucket {
    uint32_t hash = 0;
    uint32_t slot = 0;
  };
  struct List {
    uint32_t newest = 0;
    uint32_t oldest = 0;
    size_t size = 0;
  };

  Flow& slot(uint32_t index) noexcept { return (*chunks_[index / kChunk])[index % kChunk]; }
  const Flow& slot(uint32_t index) const noexcept { return (*chunks_[index / kChunk])[index % kChunk]; }
  uint32_t take_slot();
  void grow_index();
  void link(Flow& flow) noexcept;
  void unlink(Flow& flow) noexcept;
  void erase_bucket(const Flow& flow) noexcept;
  void evict_one();
  void leave(Flow& flow, bool evicted);

  List& list_of(FlowClass flow_class) noexcept { return lists_[static_cast<size_t>(flow_class)]; }

  size_t capacity_;
  size_t most_on_probation_;
  HashKey key_;
  FlowLeaves& leaves_;
  std::vector<std::unique_ptr<std::array<Flow, kChunk>>> chunks_;
  std::vector<uint32_t> free_slots_;
  std::vector<Bucket> index_;
  size_t mask_ = 0;
  uint32_t used_slots_ = 1;  ///< slot 0 stands for "none"
  size_t size_ = 0;
  std::vector<size_t> sizes_on_;  ///< by interface
  std::array<List, kFlowClassCount> lists_;
  uint64_t created_ = 0;
  uint64_t expired_ = 0;
  uint64_t evicted_ = 0;
  Counters expired_counters_;
  Counters evicted_counters_;
};

}  // namespace nettrace
