// Owns: the life of a question: from the first lookup through holders, retries and listings to a final verdict.
// Knows nothing of: netlink and /proc, which are handed in; the rules themselves are in attribution_policy.h.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <queue>
#include <span>
#include <unordered_map>
#include <vector>

#include "native/host/attribution_policy.h"
#include "native/host/credited_processes.h"
#include "native/host/holder_source.h"
#include "native/host/negative_cache.h"
#include "native/host/question_store.h"
#include "native/host/recent_owners.h"
#include "native/host/socket_source.h"
#include "native/host/table_shelf.h"
#include "native/host/work_budget.h"

namespace nettrace {

struct OwnerSearchOptions {
  uint32_t lookups_per_second = 10'000;
  int64_t slice_ns = 20'000'000;
  size_t question_limit = 131'072;  ///< open at the same time
  uint64_t seed = 0;                ///< keys the hash of socket tables
};

class OwnerSearch {
 public:
  /// The sources outlive this object. `clock` is monotonic, the one that `now_ns` is read from. `recent`, where there
  /// is one, is asked for sockets that are gone.
  OwnerSearch(SocketSource& sockets, HolderSource& holders, ProcessSource& processes, int64_t (*clock)() noexcept,
              const OwnerSearchOptions& options, const RecentOwners* recent = nullptr);

  void submit(std::span<const AttributionRequest> requests);
  void forget(FlowId flow);
  void work(int64_t now_ns, std::vector<Verdict>& verdicts, std::vector<ProcessInfo>& processes);
  void process_ended(const ProcessKey& process) { credited_.forget(process); }
  int64_t next_deadline() const noexcept;
  /// Adds its own counts.
  void count(AttributionStats& stats) const noexcept;

 private:
  /// Lookups wait by urgency: what a local process began, what others began, what is asked again.
  enum Urgency : uint8_t { kOwn, kOthers, kAgain, kUrgencyCount };
  struct Timer {
    int64_t due_ns = 0;
    QuestionRef ref;
    bool operator>(const Timer& other) const noexcept { return due_ns > other.due_ns; }
  };
  struct Output {
    std::vector<Verdict>* verdicts = nullptr;
    std::vector<ProcessInfo>* processes = nullptr;
    int64_t now_ns = 0;
  };

  // owner_search.cc: verdicts
  void apply(QuestionRef ref, const Decision& decision);
  void apply_verdict(QuestionRef ref, Question& question, const Decision& decision);
  void apply_table(QuestionRef ref, Question& question, const Decision& decision);
  void apply_holders(QuestionRef ref, Question& question, const Decision& decision);
  void want_sockets(QuestionRef ref, Question& question, const std::vector<Candidate>& sockets);
  void evaluate(QuestionRef ref);
  void found_one(QuestionRef ref, Question& question, const HolderFinding& finding);
  void found_several(QuestionRef ref, Question& question);
  Reason reason_of_nobody(const Question& question, const HolderFinding& finding);
  void found_nobody(QuestionRef ref, Question& question, const HolderFinding& finding);
  bool found_recent(QuestionRef ref, Question& question);
  bool unchanged(QuestionRef ref, Question& question, const std::vector<Candidate>& sockets, MatchQuality quality);
  void say(QuestionRef ref, Question& question, Verdict verdict, bool final);
  void give_up_on(QuestionRef ref, Question& question, Reason reason);
  bool plan_retry(QuestionRef ref, Question& question);

  // owner_search_work.cc: queues
  void take_new(int64_t deadline_ns);
  void fire_timers(int64_t deadline_ns);
  void retry(QuestionRef ref, Question& question);
  void retry_shared(QuestionRef ref, Question& question);
  void enqueue(QuestionRef ref, Question& question);
  void look_up(int64_t deadline_ns);
  size_t take_batch(size_t limit);
  void hand_over_to_tables();
  void list_tables(int64_t deadline_ns);
  bool answer_from_table(int64_t deadline_ns);
  void find_holders(int64_t deadline_ns);
  void await_holders(uint32_t inode, QuestionRef ref);
  bool lookups_waiting() const noexcept;
  size_t count_waiting() const noexcept;

  SocketSource& sockets_;
  HolderSource& holders_;
  ProcessSource& processes_;
  int64_t (*clock_)() noexcept;
  OwnerSearchOptions options_;
  const RecentOwners* recent_;
  QuestionStore questions_;
  TableShelf tables_;
  CreditedProcesses credited_;
  NegativeCache negative_;
  TokenBucket tokens_;
  std::deque<QuestionRef> new_;
  std::optional<TableShelf::Finished> finished_;  ///< a listing, some of whose questions have been answered
  std::vector<Verdict> dropped_;
  std::array<std::deque<QuestionRef>, kUrgencyCount> lookups_;
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::unordered_map<uint32_t, std::vector<QuestionRef>> waiting_;  ///< by inode
  std::vector<QuestionRef> batch_refs_;
  std::vector<SocketQuery> batch_queries_;
  std::vector<SocketAnswer> batch_answers_;
  Output out_;
  int64_t flood_until_ns_ = 0;  ///< until then lookups are left to listings
  int64_t looked_ns_ = 0;       ///< just before the kernel was asked for what is judged now
  uint64_t requests_ = 0;
  uint64_t exact_lookups_ = 0;
  uint64_t deferred_ = 0;
  uint64_t negative_hits_ = 0;
};

}  // namespace nettrace
