// Owns: the queues of OwnerSearch: new questions, lookups by urgency, timers, listings, and the time of a slice.
// Knows nothing of: what the answers mean.
#include <algorithm>
#include <limits>
#include <utility>

#include "native/host/owner_search.h"

namespace nettrace {
namespace {

/// Lookups that may wait for tokens; beyond, one listing answers them all. About 50 ms at the default rate.
constexpr size_t backlog_limit(uint32_t lookups_per_second) {
  return std::max<size_t>(lookups_per_second / 20, 64);
}
constexpr int64_t kFloodMemory = kNanosPerSecond;
/// More waiting lookups than this, and the negative cache answers what it can.
constexpr size_t kPressure = 256;
/// Cheap steps between two looks at the clock.
constexpr size_t kPerClock = 64;

SocketQuery query_for(const AttributionRequest& request) noexcept {
  const FiveTuple& tuple = request.tuple;
  return {tuple.local, tuple.remote, tuple.protocol, request.interface_index};
}

/// A kernel may be without these protocols: then there is nothing to list, and no socket of them either.
bool may_be_missing(TableScope scope) noexcept {
  return scope == TableScope::kUdpLite || scope == TableScope::kSctp || scope == TableScope::kDccp;
}

}  // namespace

void OwnerSearch::submit(std::span<const AttributionRequest> requests) {
  requests_ += requests.size();
  for (const AttributionRequest& request : requests) {
    const QuestionRef ref = questions_.add(request, dropped_);
    if (ref.slot != UINT32_MAX) new_.push_back(ref);
  }
}

void OwnerSearch::forget(FlowId flow) {
  QuestionRef ref;
  if (questions_.find(flow, ref) != nullptr) questions_.release(ref);
}

void OwnerSearch::work(int64_t now_ns, std::vector<Verdict>& verdicts, std::vector<ProcessInfo>& processes) {
  out_ = {&verdicts, &processes, now_ns};
  // Each part may use what those before it have left, and a little in any case: none starves the others.
  const int64_t start = clock_();
  const int64_t deadline = start + options_.slice_ns;
  verdicts.insert(verdicts.end(), dropped_.begin(), dropped_.end());
  dropped_.clear();
  take_new(start + options_.slice_ns / 4);
  fire_timers(start + options_.slice_ns / 3);
  look_up(start + options_.slice_ns * 2 / 3);
  list_tables(deadline);
  find_holders(deadline);
  credited_.refresh(now_ns, processes);
  out_ = {nullptr, nullptr, now_ns};
}

void OwnerSearch::take_new(int64_t deadline_ns) {
  for (size_t count = 1; !new_.empty() && (count % kPerClock != 0 || clock_() < deadline_ns); ++count) {
    const QuestionRef ref = new_.front();
    new_.pop_front();
    Question* question = questions_.get(ref);
    if (question == nullptr) continue;
    question->asked_ns = out_.now_ns;
    apply(ref, plan_question(question->request, sockets_.exact(question->request.tuple.protocol)));
  }
}

void OwnerSearch::enqueue(QuestionRef ref, Question& question) {
  if (std::exchange(question.queued, true)) return;
  question.asked_ns = out_.now_ns;
  const AttributionRequest& request = question.request;
  const bool again = question.attempts > 0 || question.empty_passes > 0;
  const Urgency urgency = again ? kAgain : request.initiator == Initiator::kRemote ? kOthers : kOwn;
  lookups_[urgency].push_back(ref);
}

bool OwnerSearch::lookups_waiting() const noexcept {
  return std::any_of(lookups_.begin(), lookups_.end(), [](const auto& queue) { return !queue.empty(); });
}

size_t OwnerSearch::count_waiting() const noexcept {
  size_t waiting = 0;
  for (const auto& queue : lookups_) waiting += queue.size();
  return waiting;
}

/// Fills the batch with at most `limit` questions that have to go to the kernel; gives how many.
size_t OwnerSearch::take_batch(size_t limit) {
  batch_refs_.clear();
  batch_queries_.clear();
  // Only where many wait: a lookup is cheap, and a server may have started since its port was closed.
  const bool pressed = count_waiting() > kPressure;
  for (auto& queue : lookups_) {
    while (!queue.empty() && batch_refs_.size() < limit) {
      const QuestionRef ref = queue.front();
      queue.pop_front();
      Question* question = questions_.get(ref);
      if (question == nullptr) continue;
      question->queued = false;
      const AttributionRequest& request = question->request;
      const bool first = question->attempts == 0 && !request.revalidate;
      if (pressed && first && request.initiator == Initiator::kRemote &&
          negative_.contains(request.tuple.protocol, request.tuple.local, out_.now_ns)) {
        ++negative_hits_;
        Decision closed;
        closed.reason = Reason::kClosedPort;
        apply(ref, closed);
        continue;
      }
      batch_refs_.push_back(ref);
      batch_queries_.push_back(query_for(request));
    }
  }
  return batch_refs_.size();
}

void OwnerSearch::look_up(int64_t deadline_ns) {
  if (out_.now_ns < flood_until_ns_) hand_over_to_tables();
  while (lookups_waiting() && clock_() < deadline_ns) {
    const uint32_t allowed = tokens_.take(out_.now_ns, static_cast<uint32_t>(sockets_.batch()));
    if (allowed == 0) break;
    const size_t count = take_batch(allowed);
    tokens_.give_back(allowed - static_cast<uint32_t>(count));
    if (count == 0) continue;
    batch_answers_.assign(count, SocketAnswer{});
    looked_ns_ = clock_();
    sockets_.find(batch_queries_, batch_answers_);
    exact_lookups_ += count;
    for (size_t i = 0; i < count; ++i) {
      const Question* question = questions_.get(batch_refs_[i]);
      if (question == nullptr) continue;
      const AttributionRequest& request = question->request;
      if (batch_answers_[i].status == LookupStatus::kNone && request.initiator == Initiator::kRemote) {
        negative_.add(request.tuple.protocol, request.tuple.local, out_.now_ns);
      }
      apply(batch_refs_[i], judge_answer(request, batch_answers_[i]));
    }
  }
  if (count_waiting() > backlog_limit(options_.lookups_per_second)) {
    flood_until_ns_ = out_.now_ns + kFloodMemory;
    hand_over_to_tables();
  }
}

/// More lookups than the rate allows: one listing answers many. What local processes begin is still looked up first.
void OwnerSearch::hand_over_to_tables() {
  const size_t own_limit = backlog_limit(options_.lookups_per_second);
  for (size_t urgency = 0; urgency < kUrgencyCount; ++urgency) {
    auto& queue = lookups_[urgency];
    while (queue.size() > (urgency == kOwn ? own_limit : 0)) {
      const QuestionRef ref = queue.back();
      queue.pop_back();
      Question* question = questions_.get(ref);
      if (question == nullptr) continue;
      ++deferred_;
      question->queued = false;
      question->awaits_table = true;
      tables_.park(table_instead_of_lookup(question->request.tuple.protocol), ref);
    }
  }
}

void OwnerSearch::fire_timers(int64_t deadline_ns) {
  for (size_t count = 1; !timers_.empty() && timers_.top().due_ns <= out_.now_ns; ++count) {
    if (count % kPerClock == 0 && clock_() >= deadline_ns) return;
    const Timer timer = timers_.top();
    timers_.pop();
    Question* question = questions_.get(timer.ref);
    if (question == nullptr || question->retry_ns != timer.due_ns) continue;
    question->retry_ns = 0;
    ++question->attempts;
    retry(timer.ref, *question);
  }
}

void OwnerSearch::retry(QuestionRef ref, Question& question) {
  const bool shared = !question.listener && !question.sockets.empty();
  if (shared) return retry_shared(ref, question);
  question.asked_ns = out_.now_ns;
  const Decision plan = plan_question(question.request, sockets_.exact(question.request.tuple.protocol));
  apply(ref, plan);
}

/// Has one of the several holders closed its copy? Asks only them; who is left is searched for anew.
void OwnerSearch::retry_shared(QuestionRef ref, Question& question) {
  bool same = true;
  for (const Candidate& socket : question.sockets) {
    const HolderAnswer* answer = holders_.answer(socket.inode);
    if (answer == nullptr) {
      holders_.want(out_.now_ns, socket.inode, socket.uid, {});
      await_holders(socket.inode, ref);
      same = false;
      continue;
    }
    const std::vector<Holder> holders = answer->holders;
    const auto holds = [&](const Holder& holder) { return holders_.still_holds(holder, socket.inode); };
    if (std::all_of(holders.begin(), holders.end(), holds)) continue;
    holders_.refresh(socket.inode);
    await_holders(socket.inode, ref);
    same = false;
  }
  if (same) evaluate(ref);
}

void OwnerSearch::list_tables(int64_t deadline_ns) {
  do {
    if (!finished_) finished_ = tables_.work(out_.now_ns, deadline_ns);
    if (!finished_ || !answer_from_table(deadline_ns)) return;
    if (finished_->scope == TableScope::kStreams) tables_.drop(finished_->scope);
    finished_.reset();
  } while (clock_() < deadline_ns);
}

/// Answers the questions that waited for the finished listing. False: out of time, some are left.
bool OwnerSearch::answer_from_table(int64_t deadline_ns) {
  static const SocketTable kNone;
  const TableScope scope = finished_->scope;
  const SocketTable* table = tables_.fresh(scope, std::numeric_limits<int64_t>::min());
  if (table == nullptr && may_be_missing(scope)) table = &kNone;
  std::vector<QuestionRef>& refs = finished_->questions;
  looked_ns_ = tables_.begun_ns(scope);
  for (size_t count = 1; !refs.empty(); ++count) {
    if (count % kPerClock == 0 && clock_() >= deadline_ns) return false;
    const QuestionRef ref = refs.back();
    refs.pop_back();
    Question* question = questions_.get(ref);
    if (question == nullptr) continue;
    question->awaits_table = false;
    Decision decision;
    decision.reason = Reason::kLookupUnavailable;
    if (table != nullptr) decision = judge_table(question->request, scope, *table, question->sockets);
    apply(ref, decision);
  }
  return true;
}

void OwnerSearch::find_holders(int64_t deadline_ns) {
  std::vector<uint32_t> changed;
  holders_.scan(out_.now_ns, std::max(deadline_ns, clock_() + options_.slice_ns / 10), changed);
  for (const uint32_t inode : changed) {
    const auto entry = waiting_.find(inode);
    if (entry == waiting_.end()) continue;
    const std::vector<QuestionRef> refs = std::move(entry->second);
    waiting_.erase(entry);
    for (const QuestionRef ref : refs) {
      evaluate(ref);
      if (questions_.get(ref) != nullptr) await_holders(inode, ref);
    }
  }
}

/// Has the question looked at again when more is known of the socket's holders.
void OwnerSearch::await_holders(uint32_t inode, QuestionRef ref) {
  const HolderAnswer* answer = holders_.answer(inode);
  if (answer != nullptr && !answer->complete) waiting_[inode].push_back(ref);
}

int64_t OwnerSearch::next_deadline() const noexcept {
  const int64_t now = out_.now_ns;
  if (!new_.empty() || !dropped_.empty() || finished_) return now;
  int64_t next = std::min({tables_.next_deadline(now), holders_.next_deadline(), credited_.next_deadline()});
  if (lookups_waiting()) next = std::min(next, tokens_.ready_at(now, static_cast<uint32_t>(sockets_.batch())));
  if (!timers_.empty()) next = std::min(next, timers_.top().due_ns);
  return next;
}

void OwnerSearch::count(AttributionStats& stats) const noexcept {
  stats.requests += requests_;
  stats.exact_lookups += exact_lookups_;
  stats.lookups_deferred += deferred_;
  stats.negative_hits += negative_hits_;
  stats.dumps += tables_.dumps();
  stats.sockets_known += tables_.sockets();
  stats.queue_length += questions_.size();
}

}  // namespace nettrace
