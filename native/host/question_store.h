// Owns: the open questions: bounded, found by flow, referred to by slot and serial.
// Knows nothing of: how they are answered.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "native/host/attribution_policy.h"
#include "native/host/attributor.h"

namespace nettrace {

/// Refers to a question; stale once the question was released.
struct QuestionRef {
  uint32_t slot = 0;
  uint32_t serial = 0;
};

/// A question and how far it has come.
struct Question {
  AttributionRequest request;
  std::vector<Candidate> sockets;  ///< whose holders are looked for
  Verdict last;                    ///< the last verdict given, where `answered`
  int64_t asked_ns = 0;            ///< when this attempt began: older tables do not answer it
  int64_t retry_ns = 0;            ///< when the next attempt is due, 0 if none is planned
  uint32_t serial = 0;
  uint32_t next_in_bucket = UINT32_MAX;        ///< slot, for the store alone
  MatchQuality quality = MatchQuality::kNone;  ///< of a process that holds the sockets
  uint8_t attempts = 0;
  uint8_t empty_passes = 0;  ///< searches that found nobody with the sockets
  bool live = false;
  bool answered = false;
  bool listener = false;      ///< `sockets` only listen
  bool tail = false;          ///< the connection is over
  bool queued = false;        ///< waits for an exact lookup
  bool awaits_table = false;  ///< waits for a listing; nothing is said before
};

class QuestionStore {
 public:
  explicit QuestionStore(size_t limit) : limit_(limit) {}

  /// Takes the question in; one that is open for the same flow is replaced. Where the store is full, the oldest
  /// question about a flow that the far end began goes to `dropped`; if there is none, this one is, and slot is the
  /// result's UINT32_MAX.
  QuestionRef add(const AttributionRequest& request, std::vector<Verdict>& dropped);
  void release(QuestionRef ref);
  /// The question, or nullptr where it was released.
  Question* get(QuestionRef ref) noexcept;
  /// The open question about this flow, or nullptr.
  Question* find(FlowId flow, QuestionRef& ref) noexcept;
  size_t size() const noexcept { return size_; }

 private:
  static constexpr size_t kChunk = 1024;
  static constexpr uint32_t kEnd = UINT32_MAX;

  Question& at(uint32_t slot) noexcept { return (*chunks_[slot / kChunk])[slot % kChunk]; }
  uint32_t& bucket(FlowId flow) noexcept { return buckets_[flow.index & (buckets_.size() - 1)]; }
  uint32_t take_slot();
  void unlink(const Question& question, uint32_t slot) noexcept;
  bool drop_oldest(std::vector<Verdict>& dropped);

  size_t limit_;
  size_t size_ = 0;
  std::vector<std::unique_ptr<std::array<Question, kChunk>>> chunks_;
  std::vector<uint32_t> free_;
  uint32_t used_slots_ = 0;
  std::vector<uint32_t> buckets_;  ///< by index of the flow: indices of a flow table are dense, so chains are short
  std::deque<QuestionRef> begun_by_others_;  ///< by age; may hold stale ones
  uint32_t next_serial_ = 1;
};

/// What is said of a question that has to be given up: its provisional verdict where it has one.
Verdict give_up(const Question& question, Reason reason) noexcept;

}  // namespace nettrace
