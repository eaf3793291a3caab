#include "native/host/question_store.h"

#include <bit>
#include <utility>

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
  if (ref.slot >= used_slots_) return nullptr;
  Question& question = at(ref.slot);
  return question.live && question.serial == ref.serial ? &question : nullptr;
}

Question* QuestionStore::find(FlowId flow, QuestionRef& ref) noexcept {
  if (buckets_.empty()) return nullptr;
  for (uint32_t slot = bucket(flow); slot != kEnd; slot = at(slot).next_in_bucket) {
    Question& question = at(slot);
    if (question.request.flow != flow) continue;
    ref = {slot, question.serial};
    return &question;
  }
  return nullptr;
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

uint32_t QuestionStore::take_slot() {
  if (!free_.empty()) {
    const uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  if (used_slots_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<std::array<Question, kChunk>>());
  return used_slots_++;
}

QuestionRef QuestionStore::add(const AttributionRequest& request, std::vector<Verdict>& dropped) {
  QuestionRef ref;
  if (find(request.flow, ref) != nullptr) release(ref);
  if (size_ >= limit_ && !drop_oldest(dropped)) {
    dropped.push_back({request.flow, {}, Reason::kLookupLimit, MatchQuality::kNone, true});
    return {UINT32_MAX, 0};
  }
  if (buckets_.empty()) buckets_.assign(std::bit_ceil(limit_), kEnd);
  ref = {take_slot(), next_serial_++};
  Question& question = at(ref.slot);
  question = Question{};
  question.request = request;
  question.serial = ref.serial;
  question.live = true;
  question.next_in_bucket = std::exchange(bucket(request.flow), ref.slot);
  ++size_;
  if (request.initiator == Initiator::kRemote) {
    while (!begun_by_others_.empty() && get(begun_by_others_.front()) == nullptr) begun_by_others_.pop_front();
    begun_by_others_.push_back(ref);
  }
  return ref;
}

void QuestionStore::unlink(const Question& question, uint32_t slot) noexcept {
  uint32_t* link = &bucket(question.request.flow);
  while (*link != slot) link = &at(*link).next_in_bucket;
  *link = question.next_in_bucket;
}

void QuestionStore::release(QuestionRef ref) {
  Question* question = get(ref);
  if (question == nullptr) return;
  unlink(*question, ref.slot);
  question->live = false;
  question->sockets = {};
  free_.push_back(ref.slot);
  if (--size_ != 0 || chunks_.size() <= 1) return;
  // At rest little is kept: after a flood the memory goes back.
  chunks_.resize(1);
  chunks_.shrink_to_fit();
  free_ = {};
  begun_by_others_ = {};
  used_slots_ = 0;
}

}  // namespace nettrace
