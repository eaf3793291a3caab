// Owns: a bounded map that forgets what has not been used for long (the clock algorithm, "second chance").
// Knows nothing of: what it holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace nettrace {

/// At most `capacity` entries; memory grows with use. `Hash` should be keyed where foreigners choose the keys.
template <typename Key, typename Value, typename Hash>
class ClockCache {
 public:
  ClockCache(size_t capacity, Hash hash) : capacity_(capacity), index_(0, hash) {}

  size_t size() const noexcept { return slots_.size(); }
  bool empty() const noexcept { return slots_.empty(); }

  /// The value, or nullptr. Looking counts as use.
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    Slot& slot = slots_[found->second];
    slot.used = true;
    return &slot.value;
  }

  /// The value, new where there was none; then an entry that was not used since the last round may have gone.
  Value& get(const Key& key) {
    if (Value* known = find(key)) return *known;
    if (slots_.size() < capacity_) {
      index_.emplace(key, static_cast<uint32_t>(slots_.size()));
      return slots_.emplace_back(Slot{key, Value(), false}).value;
    }
    while (slots_[hand_].used) {
      slots_[hand_].used = false;
      hand_ = (hand_ + 1) % capacity_;
    }
    Slot& slot = slots_[hand_];
    index_.erase(slot.key);
    index_.emplace(key, static_cast<uint32_t>(hand_));
    hand_ = (hand_ + 1) % capacity_;
    slot = Slot{key, Value(), false};
    return slot.value;
  }

 private:
  struct Slot {
    Key key;
    Value value;
    bool used;
  };

  size_t capacity_;
  std::vector<Slot> slots_;
  std::unordered_map<Key, uint32_t, Hash> index_;
  size_t hand_ = 0;
};

}  // namespace nettrace
