// Owns: the open questions: bounded, found by flow, referred to by slot and serial.
// Knows nothing of: how they are answered.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
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
  MatchQuality quality = MatchQuality::kNone;  ///< of a process that holds the sockets
  uint8_t attempts = 0;
  uint8_t empty_passes = 0;     ///< searches that found nobody with the sockets
  bool live = false;
  bool answered = false;
  bool listener = false;        ///< `sockets` only listen
  bool tail = false;            ///< the connection is over
  bool queued = false;          ///< waits for an exact lookup
  bool awaits_table = false;    ///< waits for a listing; nothing is said before
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
  size_t size() const noexcept { return by_flow_.size(); }

 private:
  struct FlowHash {
    size_t operator()(const FlowId& flow) const noexcept {
      return (uint64_t{flow.generation} << 32 | flow.index) * 0x9e3779b97f4a7c15ULL >> 20;
    }
  };
  bool drop_oldest(std::vector<Verdict>& dropped);

  size_t limit_;
  std::deque<Question> slots_;
  std::vector<uint32_t> free_;
  std::unordered_map<FlowId, QuestionRef, FlowHash> by_flow_;
  std::deque<QuestionRef> begun_by_others_;  ///< by age; may hold stale ones
  uint32_t next_serial_ = 1;
};

/// What is said of a question that has to be given up: its provisional verdict where it has one.
Verdict give_up(const Question& question, Reason reason) noexcept;

}  // namespace nettrace
