// Owns: the listings of sockets: which are there, how old they are, which questions wait for one, when one may be made.
// Knows nothing of: what the questions ask.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "native/host/question_store.h"
#include "native/host/socket_source.h"
#include "native/host/work_budget.h"

namespace nettrace {

/// One listing for each scope at most, at most four a second of each, and at most a twentieth of a CPU for all.
class TableShelf {
 public:
  TableShelf(SocketSource& source, int64_t (*clock)() noexcept, uint64_t seed);

  /// The listing, if it was begun at `since_ns` or later.
  const SocketTable* fresh(TableScope scope, int64_t since_ns) const noexcept;
  /// When the listing began that the present one is from.
  int64_t begun_ns(TableScope scope) const noexcept { return shelf(scope).begun_ns; }
  /// The question waits for a listing that is begun from now on.
  void park(TableScope scope, QuestionRef question) { shelf(scope).parked.push_back(question); }

  struct Finished {
    TableScope scope = TableScope::kUdp;
    bool available = false;  ///< false: the kernel does not tell
    std::vector<QuestionRef> questions;
  };
  /// Works on listings until `deadline_ns`; gives one that has been finished, if any.
  std::optional<Finished> work(int64_t now_ns, int64_t deadline_ns);
  /// Gives back the memory of a listing that only its questions needed.
  void drop(TableScope scope) { shelf(scope).table.reset(); }

  int64_t next_deadline(int64_t now_ns) const noexcept;
  uint64_t dumps() const noexcept { return dumps_; }
  size_t sockets() const noexcept;

 private:
  struct Shelf {
    std::optional<SocketTable> table;
    int64_t begun_ns = 0;  ///< of `table`
    int64_t last_begun_ns = INT64_MIN / 2;
    std::vector<QuestionRef> parked;  ///< wait for a listing to begin
    std::vector<QuestionRef> riding;  ///< wait for the running one to end
  };
  static constexpr int64_t kInterval = 250 * kNanosPerMilli;

  Shelf& shelf(TableScope scope) noexcept { return shelves_[static_cast<size_t>(scope)]; }
  const Shelf& shelf(TableScope scope) const noexcept { return shelves_[static_cast<size_t>(scope)]; }
  bool begin_one(int64_t now_ns);
  Finished finish(SocketSource::Step step);

  SocketSource& source_;
  int64_t (*clock_)() noexcept;
  uint64_t seed_;
  CpuShare share_;
  std::array<Shelf, kTableScopeCount> shelves_;
  std::optional<TableScope> running_;
  std::optional<SocketTable> filling_;
  uint64_t dumps_ = 0;
};

}  // namespace nettrace
