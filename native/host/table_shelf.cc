#include "native/host/table_shelf.h"

#include <limits>
#include <utility>

namespace nettrace {
namespace {

constexpr int kCpuPercent = 5;
constexpr int64_t kBurst = 200 * kNanosPerMilli;

}  // namespace

TableShelf::TableShelf(SocketSource& source, int64_t (*clock)() noexcept, uint64_t seed)
    : source_(source), clock_(clock), seed_(seed), share_(kCpuPercent, kBurst) {}

const SocketTable* TableShelf::fresh(TableScope scope, int64_t since_ns) const noexcept {
  const Shelf& one = shelf(scope);
  return one.table && one.begun_ns >= since_ns ? &*one.table : nullptr;
}

/// The scope whose last listing is the oldest goes first, so that none is starved.
bool TableShelf::begin_one(int64_t now_ns) {
  Shelf* best = nullptr;
  for (Shelf& one : shelves_) {
    if (one.parked.empty() || now_ns - one.last_begun_ns < kInterval) continue;
    if (best == nullptr || one.last_begun_ns < best->last_begun_ns) best = &one;
  }
  if (best == nullptr || !share_.allows(now_ns)) return false;
  running_ = static_cast<TableScope>(best - shelves_.data());
  best->last_begun_ns = clock_();
  best->riding = std::exchange(best->parked, {});
  filling_.emplace(seed_);
  source_.begin(*running_);
  ++dumps_;
  return true;
}

TableShelf::Finished TableShelf::finish(SocketSource::Step step) {
  Finished finished{*running_, step == SocketSource::Step::kDone, {}};
  Shelf& one = shelf(*running_);
  running_.reset();
  finished.questions = std::exchange(one.riding, {});
  if (finished.available) {
    filling_->index();
    one.table = std::move(filling_);
    one.begun_ns = one.last_begun_ns;
  } else {
    one.table.reset();
  }
  filling_.reset();
  return finished;
}

std::optional<TableShelf::Finished> TableShelf::work(int64_t now_ns, int64_t deadline_ns) {
  if (!running_ && !begin_one(now_ns)) return std::nullopt;
  const int64_t start = clock_();
  const SocketSource::Step step = source_.step(deadline_ns, *filling_);
  std::optional<Finished> finished;
  if (step != SocketSource::Step::kMore) finished = finish(step);
  share_.spend(now_ns, clock_() - start);
  return finished;
}

int64_t TableShelf::next_deadline(int64_t now_ns) const noexcept {
  if (running_) return now_ns;
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const Shelf& one : shelves_) {
    if (!one.parked.empty()) next = std::min(next, one.last_begun_ns + kInterval);
  }
  return next == std::numeric_limits<int64_t>::max() ? next : std::max(next, share_.ready_at(now_ns));
}

size_t TableShelf::sockets() const noexcept {
  size_t count = filling_ ? filling_->size() : 0;
  for (const Shelf& one : shelves_) count += one.table ? one.table->size() : 0;
  return count;
}

}  // namespace nettrace
