// Owns: the search for the holders of sockets through /proc/PID/fd: passes over all processes, in slices, likely ones
// first. Knows nothing of: flows, and what a holder is credited with.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "native/host/holder_source.h"
#include "native/host/process_visit.h"
#include "native/host/work_budget.h"

namespace nettrace {

struct FdScanOptions {
  int cpu_percent = 4;                        ///< share of one CPU that scanning may take in the long run
  int64_t burst_ns = 1'000'000'000;           ///< what it may take at once after a rest
  int64_t (*cpu_clock)() noexcept = nullptr;  ///< what the share is measured by; nullptr: the scan's own clock
  int64_t answer_life_ns = 3'000'000'000;     ///< how long a complete answer serves further questions
  size_t answer_limit = 131'072;              ///< answers kept
  bool sees_all = true;  ///< false: other processes may be out of sight (pid namespace, capabilities)
};

/// A pass visits every process once; an answer is complete after a whole pass that began later than the question.
/// A child forked during the pass is met too: at its end the pids are listed again until no new one turns up.
class FdScan final : public HolderSource {
 public:
  /// `proc` outlives this object.
  FdScan(const ProcRoot& proc, int64_t (*clock)() noexcept, const FdScanOptions& options);

  void want(int64_t now_ns, uint32_t inode, uint32_t uid, std::span<const uint32_t> likely) override;
  void refresh(uint32_t inode) override;
  const HolderAnswer* answer(uint32_t inode) const override;
  void scan(int64_t now_ns, int64_t deadline_ns, std::vector<uint32_t>& changed) override;
  bool still_holds(const Holder& holder, uint32_t inode) override;
  bool remembered_to_hold(const ProcessKey& process, uint32_t inode) override;
  int64_t next_deadline() const noexcept override;

  uint64_t links_read() const noexcept { return links_read_; }
  size_t processes_known() const noexcept { return processes_.size(); }
  uint64_t passes() const noexcept { return pass_.id; }

 private:
  struct Question {
    HolderAnswer answer;
    std::vector<uint64_t> seen_in;  ///< beside answer.holders: the pass that saw it last
    uint64_t needs_pass = 0;        ///< complete when this pass has ended
    uint64_t completed_pass = 0;
    int64_t completed_ns = 0;
    uint32_t uid = 0;
    uint8_t retries = 0;  ///< passes that came to nothing for want of descriptors
  };
  struct Remembered {
    ProcessFiles files;
    uint64_t found = 0;  ///< rises whenever it turns out to hold a wanted socket; 0: never
    int64_t visited_ns = 0;
  };
  struct Pass {
    uint64_t id = 0;
    bool active = false;
    bool hidden = false;     ///< some process kept its descriptors back
    bool exhausted = false;  ///< we ran out of descriptors
    std::vector<uint32_t> order;
    size_t next = 0;
    int rounds = 0;  ///< listings at its end
  };

  bool scan_step(int64_t now_ns, int64_t deadline_ns, std::vector<uint32_t>& changed);
  void begin_pass();
  bool settle(Question& question, int64_t now_ns) const;
  void end_pass(int64_t now_ns, std::vector<uint32_t>& changed);
  bool list_new(std::vector<uint32_t>& pids);
  std::optional<uint32_t> next_pid();
  bool needs_visit(uint32_t pid, int64_t now_ns) const;
  void visit_done(ProcessVisit::State state, int64_t now_ns, std::vector<uint32_t>& changed);
  void look_through(uint32_t pid, Remembered& process, std::vector<uint32_t>& changed);
  /// Has a process visited next, whatever the order of the pass.
  void hurry(uint32_t pid);
  void hurry_young();
  void look_through_remembered(std::vector<uint32_t>& changed);
  void note_holder(uint32_t inode, Question& question, const Holder& holder, std::vector<uint32_t>& changed);
  void drop_old_answers(int64_t now_ns);

  const ProcRoot& proc_;
  int64_t (*clock_)() noexcept;
  FdScanOptions options_;
  CpuShare share_;
  std::unordered_map<uint32_t, Remembered> processes_;
  std::unordered_map<uint32_t, Question> questions_;
  std::vector<uint32_t> fresh_;  ///< sockets asked for since the last scan
  std::deque<uint32_t> urgent_;  ///< pids to visit before the pass goes on
  size_t open_questions_ = 0;
  Pass pass_;
  std::unique_ptr<ProcessVisit> visit_;
  bool visiting_ = false;
  uint64_t links_read_ = 0;
  uint64_t found_sequence_ = 0;
  int64_t last_scan_ns_ = 0;
};

}  // namespace nettrace
