#include "native/flow/foreign_sockets.h"

#include <algorithm>

namespace nettrace {

void ForeignSockets::open(const FiveTuple& tuple) {
  if (tuples_.size() < kMost || knows(tuple)) tuples_.insert_or_assign(tuple, INT64_MAX);
}

void ForeignSockets::close(const FiveTuple& tuple, int64_t until_ns) {
  const auto found = tuples_.find(tuple);
  if (found == tuples_.end()) return;
  found->second = until_ns;
  next_ns_ = std::min(next_ns_, until_ns);
}

bool ForeignSockets::contains(const FiveTuple& tuple) const {
  return tuples_.contains(tuple) || tuples_.contains({tuple.local, {}, tuple.protocol});
}

void ForeignSockets::expire(int64_t realtime_ns) {
  if (realtime_ns < next_ns_) return;
  next_ns_ = INT64_MAX;
  std::erase_if(tuples_, [&](const auto& entry) {
    if (entry.second <= realtime_ns) return true;
    next_ns_ = std::min(next_ns_, entry.second);
    return false;
  });
}

}  // namespace nettrace
