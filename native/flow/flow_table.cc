#include "native/flow/flow_table.h"

#include <algorithm>

namespace nettrace {
namespace {

constexpr size_t kFirstIndex = 8192;
/// Which class is evicted first: a flood costs the flood, and a flow with an owner goes last.
constexpr std::array kEvictionOrder{FlowClass::kProbation, FlowClass::kEnded, FlowClass::kUnowned,
                                    FlowClass::kOwnedDatagram, FlowClass::kOwnedStream};
/// A flow that was moved to the young end less than this ago stays where it is.
constexpr int64_t kTouchInterval = 1'000'000'000;
constexpr size_t kProbationShare = 4;
/// So many may be on probation in a table of any size, if it holds as many.
constexpr size_t kProbationLeast = 4096;

}  // namespace

FlowTable::FlowTable(size_t capacity, const HashKey& key, FlowLeaves& leaves)
    : capacity_(capacity),
      most_on_probation_(std::max(capacity / kProbationShare, std::min(capacity, kProbationLeast))),
      key_(key),
      leaves_(leaves),
      index_(kFirstIndex),
      mask_(kFirstIndex - 1) {}

Flow* FlowTable::find(uint32_t hash, const FiveTuple& tuple, InterfaceSlot interface, bool oriented) noexcept {
  for (size_t i = hash & mask_; index_[i].slot != 0; i = (i + 1) & mask_) {
    if (index_[i].hash != hash) continue;
    Flow& flow = slot(index_[i].slot);
    if (flow.tuple == tuple && flow.interface == interface && flow.oriented == oriented) return &flow;
  }
  return nullptr;
}

Flow& FlowTable::insert(uint32_t hash, const FiveTuple& tuple, InterfaceSlot interface, bool oriented, int64_t now_ns) {
  const List& newcomers = list_of(FlowClass::kProbation);
  if (newcomers.size >= most_on_probation_) {
    leave(slot(newcomers.oldest), true);
  } else if (size_ >= capacity_) {
    evict_one();
  }
  if ((size_ + 1) * 2 > index_.size()) grow_index();
  const uint32_t index = take_slot();
  Flow& flow = slot(index);
  const uint32_t generation = flow.generation + 1;
  flow = Flow{};
  flow.tuple = tuple;
  flow.interface = interface;
  flow.oriented = oriented;
  flow.hash = hash;
  flow.slot = index;
  flow.generation = generation;
  flow.first_ns = flow.last_ns = flow.listed_ns = now_ns;
  flow.live = true;
  size_t bucket = hash & mask_;
  while (index_[bucket].slot != 0) bucket = (bucket + 1) & mask_;
  index_[bucket] = {hash, index};
  if (sizes_on_.size() <= interface) sizes_on_.resize(size_t{interface} + 1);
  ++sizes_on_[interface];
  link(flow);
  ++size_;
  ++created_;
  return flow;
}

Flow* FlowTable::get(FlowId id) noexcept {
  if (id.index == 0 || id.index >= used_slots_) return nullptr;
  Flow& flow = slot(id.index);
  return flow.live && flow.generation == id.generation ? &flow : nullptr;
}

void FlowTable::touch(Flow& flow, int64_t now_ns) noexcept {
  if (now_ns - flow.listed_ns > kTouchInterval) {
    unlink(flow);
    link(flow);
    flow.listed_ns = now_ns;
  }
  flow.last_ns = now_ns;
}

void FlowTable::set_class(Flow& flow, FlowClass flow_class) noexcept {
  if (flow.flow_class == flow_class) return;
  unlink(flow);
  flow.flow_class = flow_class;
  link(flow);
}

size_t FlowTable::expire(int64_t now_ns, size_t limit) {
  size_t removed = 0;
  for (size_t i = 0; i < kFlowClassCount; ++i) {
    while (removed < limit && lists_[i].oldest != 0) {
      Flow& flow = slot(lists_[i].oldest);
      // The lists are ordered to within the touch interval, so a flow behind this one is kept a second longer at most.
      if (now_ns - flow.last_ns < kFlowLifetime[i]) break;
      leave(flow, false);
      ++removed;
    }
  }
  return removed;
}

uint32_t FlowTable::take_slot() {
  if (!free_slots_.empty()) {
    const uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    return index;
  }
  if (used_slots_ / kChunk >= chunks_.size()) chunks_.push_back(std::make_unique<std::array<Flow, kChunk>>());
  return used_slots_++;
}

void FlowTable::grow_index() {
  std::vector<Bucket> old(index_.size() * 2);
  old.swap(index_);
  mask_ = index_.size() - 1;
  for (const Bucket& bucket : old) {
    if (bucket.slot == 0) continue;
    size_t i = bucket.hash & mask_;
    while (index_[i].slot != 0) i = (i + 1) & mask_;
    index_[i] = bucket;
  }
}

void FlowTable::link(Flow& flow) noexcept {
  List& list = list_of(flow.flow_class);
  ++list.size;
  flow.newer = 0;
  flow.older = list.newest;
  if (list.newest != 0) slot(list.newest).newer = flow.slot;
  list.newest = flow.slot;
  if (list.oldest == 0) list.oldest = flow.slot;
}

void FlowTable::unlink(Flow& flow) noexcept {
  List& list = list_of(flow.flow_class);
  --list.size;
  if (flow.newer != 0) slot(flow.newer).older = flow.older;
  if (flow.older != 0) slot(flow.older).newer = flow.newer;
  if (list.newest == flow.slot) list.newest = flow.older;
  if (list.oldest == flow.slot) list.oldest = flow.newer;
}

void FlowTable::erase_bucket(const Flow& flow) noexcept {
  size_t hole = flow.hash & mask_;
  while (index_[hole].slot != flow.slot) hole = (hole + 1) & mask_;
  // Backward shift: close the hole with the next entry whose home bucket does not lie behind it.
  for (size_t next = (hole + 1) & mask_; index_[next].slot != 0; next = (next + 1) & mask_) {
    const size_t home = index_[next].hash & mask_;
    if (((next - home) & mask_) >= ((next - hole) & mask_)) {
      index_[hole] = index_[next];
      hole = next;
    }
  }
  index_[hole] = {};
}

void FlowTable::evict_one() {
  for (const FlowClass flow_class : kEvictionOrder) {
    const uint32_t oldest = list_of(flow_class).oldest;
    if (oldest != 0) {
      leave(slot(oldest), true);
      return;
    }
  }
}

void FlowTable::leave(Flow& flow, bool evicted) {
  leaves_.flow_leaves(flow, id_of(flow), evicted);
  (evicted ? evicted_ : expired_) += 1;
  (evicted ? evicted_counters_ : expired_counters_) += flow.counters;
  erase_bucket(flow);
  unlink(flow);
  flow.live = false;
  free_slots_.push_back(flow.slot);
  --size_;
  --sizes_on_[flow.interface];
}

}  // namespace nettrace
