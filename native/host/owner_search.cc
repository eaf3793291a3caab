#include "native/host/owner_search.h"

#include <algorithm>
#include <array>

#include "native/flow/kernel_traffic.h"

namespace nettrace {
namespace {

/// Waits before the attempts that follow the first: an accepted socket is mostly taken within the first two.
constexpr std::array<int64_t, 4> kRetryDelays{10 * kNanosPerMilli, 50 * kNanosPerMilli, 250 * kNanosPerMilli,
                                              1000 * kNanosPerMilli};

bool same_verdict(const Verdict& left, const Verdict& right) noexcept {
  return left.process == right.process && left.reason == right.reason && left.quality == right.quality;
}

Verdict of_process(const ProcessKey& process, MatchQuality quality) noexcept {
  Verdict verdict;
  verdict.process = process;
  verdict.reason = Reason::kNone;
  verdict.quality = quality;
  return verdict;
}

Verdict of_reason(Reason reason) noexcept {
  Verdict verdict;
  verdict.reason = reason;
  return verdict;
}

bool socket_is_gone(Reason reason) noexcept {
  return reason == Reason::kClosedPort || reason == Reason::kClosedBeforeSeen;
}

}  // namespace

OwnerSearch::OwnerSearch(SocketSource& sockets, HolderSource& holders, ProcessSource& processes,
                         int64_t (*clock)() noexcept, const OwnerSearchOptions& options, const RecentOwners* recent)
    : sockets_(sockets),
      holders_(holders),
      processes_(processes),
      clock_(clock),
      options_(options),
      recent_(recent),
      questions_(options.question_limit),
      tables_(sockets, clock, options.seed),
      credited_(processes),
      tokens_(options.lookups_per_second, std::max(options.lookups_per_second / 10, 1u)) {}

/// Gives a verdict, unless it is the one that was given last and still not final. Ends the question where final.
void OwnerSearch::say(QuestionRef ref, Question& question, Verdict verdict, bool final) {
  verdict.flow = question.request.flow;
  verdict.final = final;
  if (final || !question.answered || !same_verdict(question.last, verdict)) out_.verdicts->push_back(verdict);
  question.last = verdict;
  question.answered = true;
  if (final) questions_.release(ref);
}

void OwnerSearch::give_up_on(QuestionRef ref, Question& question, Reason reason) {
  say(ref, question, give_up(question, reason), true);
}

/// False where all attempts have been made.
bool OwnerSearch::plan_retry(QuestionRef ref, Question& question) {
  if (question.retry_ns != 0) return true;
  // In a flood most are half-open connections that will never be accepted: one late look is enough.
  constexpr uint8_t kLast = kRetryDelays.size() - 1;
  if (out_.now_ns < flood_until_ns_) question.attempts = std::max(question.attempts, kLast);
  if (question.attempts >= kRetryDelays.size()) return false;
  question.retry_ns = out_.now_ns + kRetryDelays[question.attempts];
  timers_.push({question.retry_ns, ref});
  return true;
}

void OwnerSearch::apply(QuestionRef ref, const Decision& decision) {
  Question* question = questions_.get(ref);
  if (question == nullptr) return;
  switch (decision.next) {
    case Decision::Next::kVerdict:
      return apply_verdict(ref, *question, decision);
    case Decision::Next::kExact:
      return enqueue(ref, *question);
    case Decision::Next::kTable:
      return apply_table(ref, *question, decision);
    case Decision::Next::kHolders:
      return apply_holders(ref, *question, decision);
  }
}

void OwnerSearch::apply_verdict(QuestionRef ref, Question& question, const Decision& decision) {
  if (decision.retry && plan_retry(ref, question)) return;
  const AttributionRequest& request = question.request;
  if (socket_is_gone(decision.reason)) {
    // Last packets of a socket that was seen with its owner: still the owner's.
    const bool known = question.answered && question.last.reason == Reason::kNone;
    if (known) return give_up_on(ref, question, decision.reason);
    const bool tail = decision.tail || question.tail;
    if (request.revalidate && request.current_owner && (tail || processes_.alive(request.current_owner))) {
      return say(ref, question, of_process(request.current_owner, request.current_quality), true);
    }
    if (found_recent(ref, question)) return;
  }
  const bool sent_by_nobody = decision.reason == Reason::kClosedBeforeSeen && request.tuple.protocol == IPPROTO_UDP;
  const auto tunnel = sent_by_nobody ? sockets_.tunnel_at(request.tuple.remote.port) : std::nullopt;
  Verdict verdict = of_reason(tunnel.value_or(decision.reason));
  if (socket_is_gone(decision.reason) && looked_ns_ != 0) verdict.gone_ns = to_realtime(looked_ns_);
  say(ref, question, verdict, true);
}

/// No visible process holds the socket. At a tunnel device's port it is the device's, whatever cannot be seen.
Reason OwnerSearch::reason_of_nobody(const Question& question, const HolderFinding& finding) {
  const FiveTuple& tuple = question.request.tuple;
  const bool udp = tuple.protocol == IPPROTO_UDP;
  if (const auto tunnel = udp ? sockets_.tunnel_at(tuple.local.port) : std::nullopt) return *tunnel;
  const Reason reason = reason_without_holder(question.sockets, finding.all_visible);
  return reason == Reason::kKernelSocket ? kernel_socket_reason(tuple) : reason;
}

/// The socket has gone, but it was seen with its process a moment ago.
bool OwnerSearch::found_recent(QuestionRef ref, Question& question) {
  if (recent_ == nullptr || question.request.revalidate) return false;
  const auto found = recent_->find(question.request.tuple, question.request.begin_ns, out_.now_ns);
  if (!found) return false;
  credited_.credit({found->process, 0, {}}, out_.now_ns, *out_.processes);
  say(ref, question, of_process(found->process, found->quality), true);
  return true;
}

void OwnerSearch::apply_table(QuestionRef ref, Question& question, const Decision& decision) {
  const AttributionRequest& request = question.request;
  if (decision.tail && request.revalidate && request.current_owner) {
    return say(ref, question, of_process(request.current_owner, request.current_quality), true);
  }
  question.tail = question.tail || decision.tail;
  if (!decision.sockets.empty()) {
    if (unchanged(ref, question, decision.sockets, MatchQuality::kWildcard)) return;
    want_sockets(ref, question, decision.sockets);
  }
  question.awaits_table = true;
  if (const SocketTable* table = tables_.fresh(decision.scope, question.asked_ns)) {
    question.awaits_table = false;
    looked_ns_ = tables_.begun_ns(decision.scope);
    return apply(ref, judge_table(request, decision.scope, *table, question.sockets));
  }
  tables_.park(decision.scope, ref);
}

/// The owner that is to be confirmed still holds the socket: nothing else has to be asked.
bool OwnerSearch::unchanged(QuestionRef ref, Question& question, const std::vector<Candidate>& sockets,
                            MatchQuality quality) {
  const AttributionRequest& request = question.request;
  if (!request.revalidate || !request.current_owner) return false;
  const auto holds = [&](const Candidate& socket) {
    return holders_.remembered_to_hold(request.current_owner, socket.inode);
  };
  if (std::none_of(sockets.begin(), sockets.end(), holds)) return false;
  say(ref, question, of_process(request.current_owner, quality), true);
  return true;
}

void OwnerSearch::apply_holders(QuestionRef ref, Question& question, const Decision& decision) {
  if (question.listener && !decision.listener) {
    question.attempts = 0;  // the socket itself at last: a new beginning
    question.retry_ns = 0;
  }
  question.listener = decision.listener;
  question.quality = decision.quality;
  const bool direct = !decision.listener && decision.sockets.size() == 1;
  if (direct && unchanged(ref, question, decision.sockets, decision.quality)) return;
  want_sockets(ref, question, decision.sockets);
  if (decision.retry && !question.tail) plan_retry(ref, question);
  evaluate(ref);
}

void OwnerSearch::want_sockets(QuestionRef ref, Question& question, const std::vector<Candidate>& sockets) {
  question.sockets = sockets;
  std::array<uint32_t, 2> likely{};
  size_t count = 0;
  if (question.request.current_owner) likely[count++] = question.request.current_owner.pid;
  if (question.answered && question.last.process) likely[count++] = question.last.process.pid;
  for (const Candidate& socket : sockets) {
    holders_.want(out_.now_ns, socket.inode, socket.uid, std::span(likely).first(count));
    await_holders(socket.inode, ref);
  }
}

/// Says what the holders known so far allow to say.
void OwnerSearch::evaluate(QuestionRef ref) {
  Question* question = questions_.get(ref);
  if (question == nullptr || question->sockets.empty() || question->awaits_table) return;
  std::vector<const HolderAnswer*> answers;
  answers.reserve(question->sockets.size());
  for (const Candidate& socket : question->sockets) {
    const HolderAnswer* answer = holders_.answer(socket.inode);
    if (answer == nullptr) return want_sockets(ref, *question, std::vector(question->sockets));  // it grew old
    answers.push_back(answer);
  }
  const HolderFinding finding = judge_holders(answers);
  switch (finding.kind) {
    case HolderFinding::Kind::kNotYet:
      return;
    case HolderFinding::Kind::kOne:
      return found_one(ref, *question, finding);
    case HolderFinding::Kind::kSeveral:
      return found_several(ref, *question);
    case HolderFinding::Kind::kNobody:
      return found_nobody(ref, *question, finding);
  }
}

void OwnerSearch::found_one(QuestionRef ref, Question& question, const HolderFinding& finding) {
  if (question.sockets.size() > 1 && !finding.complete) return;  // another candidate may have another holder
  credited_.credit(finding.holder, out_.now_ns, *out_.processes);
  const bool final = finding.complete && question.retry_ns == 0 && !question.queued;
  say(ref, question, of_process(finding.holder.process, question.quality), final);
}

/// Several holders: after fork(2) the parent mostly closes its copy soon, so that one is left. None is named before.
void OwnerSearch::found_several(QuestionRef ref, Question& question) {
  const Reason reason = question.sockets.size() > 1 ? Reason::kSeveralCandidates : Reason::kSharedSocket;
  const bool again = question.queued || (question.tail ? false : plan_retry(ref, question));
  say(ref, question, of_reason(reason), !again);
}

void OwnerSearch::found_nobody(QuestionRef ref, Question& question, const HolderFinding& finding) {
  if (question.empty_passes++ == 0) {
    // It may have moved between two processes while they were visited, or been closed: once more.
    for (const Candidate& socket : question.sockets) {
      holders_.refresh(socket.inode);
      await_holders(socket.inode, ref);
    }
    if (!question.listener && !to_group(question.request) && sockets_.exact(question.request.tuple.protocol))
      enqueue(ref, question);
    return;
  }
  if (question.retry_ns != 0 || question.queued) return;  // it will be asked again
  const Reason reason = reason_of_nobody(question, finding);
  const bool had_owner = question.answered && question.last.reason == Reason::kNone;
  if (had_owner) return give_up_on(ref, question, reason);
  if (found_recent(ref, question)) return;
  say(ref, question, of_reason(reason), true);
}

}  // namespace nettrace
