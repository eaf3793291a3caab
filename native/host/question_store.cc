#include "native/host/question_store.h"

namespace nettrace {

Verdict give_up(const Question& question, Reason reason) noexcept {
  Verdict verdict;
  if (question.answered) {
    verdict = question.last;
  } else {
    verdict.flow = question.request.flow;
    verdict.reason = reason;
  }
  verdict.final = true;
  return verdict;
}

Question* QuestionStore::get(QuestionRef ref) noexcept {
  if (ref.slot >= slots_.size()) return nullptr;
  Question& question = slots_[ref.slot];
  return question.live && question.serial == ref.serial ? &question : nullptr;
}

Question* QuestionStore::find(FlowId flow, QuestionRef& ref) noexcept {
  const auto entry = by_flow_.find(flow);
  if (entry == by_flow_.end()) return nullptr;
  ref = entry->second;
  return get(ref);
}

bool QuestionStore::drop_oldest(std::vector<Verdict>& dropped) {
  while (!begun_by_others_.empty()) {
    const QuestionRef ref = begun_by_others_.front();
    begun_by_others_.pop_front();
    if (const Question* question = get(ref)) {
      dropped.push_back(give_up(*question, Reason::kLookupLimit));
      release(ref);
      return true;
    }
  }
  return false;
}

QuestionRef QuestionStore::add(const AttributionRequest& request, std::vector<Verdict>& dropped) {
  QuestionRef ref;
  if (find(request.flow, ref) != nullptr) release(ref);
  if (by_flow_.size() >= limit_ && !drop_oldest(dropped)) {
    dropped.push_back({request.flow, {}, Reason::kLookupLimit, MatchQuality::kNone, true});
    return {UINT32_MAX, 0};
  }
  if (free_.empty()) {
    ref.slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    ref.slot = free_.back();
    free_.pop_back();
  }
  ref.serial = next_serial_++;
  Question& question = slots_[ref.slot];
  question = Question{};
  question.request = request;
  question.serial = ref.serial;
  question.live = true;
  by_flow_.emplace(request.flow, ref);
  if (request.initiator == Initiator::kRemote) {
    while (!begun_by_others_.empty() && get(begun_by_others_.front()) == nullptr) begun_by_others_.pop_front();
    begun_by_others_.push_back(ref);
  }
  return ref;
}

void QuestionStore::release(QuestionRef ref) {
  Question* question = get(ref);
  if (question == nullptr) return;
  by_flow_.erase(question->request.flow);
  question->live = false;
  question->sockets = {};
  free_.push_back(ref.slot);
  if (!by_flow_.empty()) return;
  // At rest nothing is kept: after a flood the memory goes back.
  slots_.clear();
  free_.clear();
  free_.shrink_to_fit();
  begun_by_others_.clear();
}

}  // namespace nettrace
