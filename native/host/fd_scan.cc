#include "native/host/fd_scan.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

namespace nettrace {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
/// A kernel thread has no descriptors. Its pid becomes another process only after the pids have gone round once.
constexpr int64_t kKernelThreadTrust = 2 * kNanosPerSecond;
/// Listings at the end of a pass; a storm of forks may not keep it from ending.
constexpr int kMaxRounds = 4;
constexpr size_t kMaxUrgent = 256;
/// A process that began so short a time ago opens its first sockets: for a new question it is visited again before the
/// pass that runs goes on, but not more often than this.
constexpr int64_t kYoung = 2 * kNanosPerSecond;
constexpr int64_t kYoungRest = 20 * kNanosPerMilli;
constexpr uint8_t kMaxRetries = 3;
constexpr uint64_t kPassesKept = 3;

}  // namespace

FdScan::FdScan(const ProcRoot& proc, int64_t (*clock)() noexcept, const FdScanOptions& options)
    : proc_(proc),
      clock_(clock),
      options_(options),
      share_(options.cpu_percent, options.burst_ns),
      visit_(std::make_unique<ProcessVisit>()) {}

void FdScan::want(int64_t now_ns, uint32_t inode, uint32_t uid, std::span<const uint32_t> likely) {
  const auto [entry, added] = questions_.try_emplace(inode);
  Question& question = entry->second;
  if (!added) {
    const bool young = now_ns - question.completed_ns < options_.answer_life_ns;
    if (!question.answer.complete || young) return;
    refresh(inode);
  } else {
    ++open_questions_;
    question.needs_pass = pass_.id + 1;
    fresh_.push_back(inode);
  }
  question.uid = uid;
  for (const uint32_t pid : likely) hurry(pid);
}

void FdScan::hurry(uint32_t pid) {
  if (urgent_.size() >= kMaxUrgent || std::find(urgent_.begin(), urgent_.end(), pid) != urgent_.end()) return;
  urgent_.push_back(pid);
}

void FdScan::refresh(uint32_t inode) {
  const auto entry = questions_.find(inode);
  if (entry == questions_.end()) return;
  Question& question = entry->second;
  if (question.answer.complete) ++open_questions_;
  question.answer = HolderAnswer{};
  question.seen_in.clear();
  question.needs_pass = pass_.id + 1;
  fresh_.push_back(inode);
}

const HolderAnswer* FdScan::answer(uint32_t inode) const {
  const auto entry = questions_.find(inode);
  return entry == questions_.end() ? nullptr : &entry->second.answer;
}

int64_t FdScan::next_deadline() const noexcept {
  return open_questions_ == 0 ? kNever : share_.ready_at(last_scan_ns_);
}

void FdScan::scan(int64_t now_ns, int64_t deadline_ns, std::vector<uint32_t>& changed) {
  last_scan_ns_ = now_ns;
  if (open_questions_ == 0 || !share_.allows(now_ns)) return;
  // Not by the time that passes: on a busy machine most of it is others', and the share would be used up by waiting.
  const auto cpu = options_.cpu_clock != nullptr ? options_.cpu_clock : clock_;
  const int64_t start = cpu();
  look_through_remembered(changed);
  do {
    if (!scan_step(now_ns, deadline_ns, changed)) break;
  } while (open_questions_ > 0 && clock_() < deadline_ns);
  share_.spend(now_ns, cpu() - start);
}

/// One process, or a part of a large one, or one end of a pass. False: there is no process to be seen.
bool FdScan::scan_step(int64_t now_ns, int64_t deadline_ns, std::vector<uint32_t>& changed) {
  using State = ProcessVisit::State;
  State state = State::kMore;
  if (!visiting_) {
    const auto pid = next_pid();
    if (!pid) {
      if (pass_.active) end_pass(now_ns, changed);
      if (open_questions_ > 0 && !pass_.active) begin_pass();
      return !pass_.order.empty();
    }
    const auto known = processes_.find(*pid);
    state = visit_->begin(proc_, *pid, known == processes_.end() ? nullptr : &known->second.files);
    visiting_ = true;
  }
  if (state == State::kMore) state = visit_->step(clock_, deadline_ns, links_read_);
  if (state != State::kMore) visit_done(state, now_ns, changed);
  return true;
}

std::optional<uint32_t> FdScan::next_pid() {
  if (!pass_.active) return std::nullopt;
  if (!urgent_.empty()) {
    const uint32_t pid = urgent_.front();
    urgent_.pop_front();
    return pid;
  }
  while (pass_.next < pass_.order.size()) {
    const uint32_t pid = pass_.order[pass_.next++];
    if (needs_visit(pid, last_scan_ns_)) return pid;
  }
  if (++pass_.rounds >= kMaxRounds || !list_new(pass_.order)) return std::nullopt;
  return next_pid();
}

bool FdScan::needs_visit(uint32_t pid, int64_t now_ns) const {
  const auto entry = processes_.find(pid);
  if (entry == processes_.end()) return true;
  const Remembered& process = entry->second;
  return !process.files.kernel_thread || now_ns - process.visited_ns >= kKernelThreadTrust;
}

/// Likely holders first: those that were named, those never seen before (the newest), those that held a wanted socket
/// last, those of a user who is asked for; small ones before large ones.
void FdScan::begin_pass() {
  Pass pass;
  pass.id = pass_.id + 1;
  pass.active = true;
  pass_ = std::move(pass);
  drop_old_answers(last_scan_ns_);
  list_new(pass_.order);
  std::unordered_set<uint32_t> uids;
  for (const auto& [inode, question] : questions_) {
    if (!question.answer.complete) uids.insert(question.uid);
  }
  const std::unordered_set<uint32_t> urgent(urgent_.begin(), urgent_.end());
  urgent_.clear();
  using Rank = std::tuple<int, uint64_t, uint32_t>;
  const auto rank = [&](uint32_t pid) {
    if (urgent.contains(pid)) return Rank(-1, 0, pid);
    const auto entry = processes_.find(pid);
    if (entry == processes_.end()) return Rank(0, 0, UINT32_MAX - pid);
    const Remembered& process = entry->second;
    if (process.found != 0) return Rank(1, UINT64_MAX - process.found, 0);
    return Rank(uids.contains(process.files.uid) ? 2 : 3, process.files.links, pid);
  };
  std::vector<std::pair<Rank, uint32_t>> ranked;
  ranked.reserve(pass_.order.size());
  for (const uint32_t pid : pass_.order) ranked.emplace_back(rank(pid), pid);
  std::sort(ranked.begin(), ranked.end());
  std::transform(ranked.begin(), ranked.end(), pass_.order.begin(), [](const auto& entry) { return entry.second; });
}

/// Appends pids that this pass has not listed yet; false if there are none.
bool FdScan::list_new(std::vector<uint32_t>& pids) {
  auto directory = proc_.pids();
  if (!directory) {
    pass_.exhausted = true;
    return false;
  }
  const std::unordered_set<uint32_t> listed(pids.begin(), pids.end());
  const size_t before = pids.size();
  while (const auto pid = directory->next()) {
    if (!listed.contains(*pid)) pids.push_back(*pid);
  }
  return pids.size() > before;
}

void FdScan::end_pass(int64_t now_ns, std::vector<uint32_t>& changed) {
  pass_.active = false;
  const std::unordered_set<uint32_t> alive(pass_.order.begin(), pass_.order.end());
  std::erase_if(processes_, [&](const auto& entry) { return !alive.contains(entry.first); });
  for (auto& [inode, question] : questions_) {
    if (question.answer.complete || question.needs_pass > pass_.id || !settle(question, now_ns)) continue;
    --open_questions_;
    changed.push_back(inode);
  }
}

/// False: out of descriptors, the pass saw too little; the next one may see more.
bool FdScan::settle(Question& question, int64_t now_ns) const {
  if (pass_.exhausted && question.retries < kMaxRetries) {
    ++question.retries;
    question.needs_pass = pass_.id + 1;
    return false;
  }
  // Who had it before this pass and was not seen with it again has given it away.
  auto& holders = question.answer.holders;
  for (size_t i = holders.size(); i-- > 0;) {
    if (question.seen_in[i] >= question.needs_pass) continue;
    holders.erase(holders.begin() + static_cast<std::ptrdiff_t>(i));
    question.seen_in.erase(question.seen_in.begin() + static_cast<std::ptrdiff_t>(i));
  }
  question.answer.complete = true;
  question.answer.all_visible = options_.sees_all && !pass_.hidden && !pass_.exhausted;
  question.completed_pass = pass_.id;
  question.completed_ns = now_ns;
  question.retries = 0;
  return true;
}

void FdScan::visit_done(ProcessVisit::State state, int64_t now_ns, std::vector<uint32_t>& changed) {
  using State = ProcessVisit::State;
  visiting_ = false;
  const uint32_t pid = visit_->pid();
  if (state == State::kHidden) pass_.hidden = true;
  if (state == State::kExhausted) pass_.exhausted = true;
  if (state == State::kGone || state == State::kExhausted) {
    processes_.erase(pid);
    return;
  }
  Remembered& process = processes_[pid];
  process.files = std::move(visit_->files());
  process.visited_ns = now_ns;
  look_through(pid, process, changed);
}

void FdScan::look_through(uint32_t pid, Remembered& process, std::vector<uint32_t>& changed) {
  for (const SocketDescriptor& descriptor : process.files.sockets) {
    const auto entry = questions_.find(descriptor.inode);
    if (entry == questions_.end() || entry->second.answer.complete) continue;
    process.found = ++found_sequence_;
    note_holder(descriptor.inode, entry->second, {{pid, process.files.start_time}, descriptor.fd, process.files.name},
                changed);
  }
}

void FdScan::note_holder(uint32_t inode, Question& question, const Holder& holder, std::vector<uint32_t>& changed) {
  // Seen by a pass that began after the question, or by a visit between passes: an urgent one counts for the next pass
  // only where that pass meets the process again.
  const uint64_t seen = pass_.id;
  auto& holders = question.answer.holders;
  for (size_t i = 0; i < holders.size(); ++i) {
    if (holders[i].process != holder.process) continue;
    question.seen_in[i] = seen;
    return;
  }
  holders.push_back(holder);
  question.seen_in.push_back(seen);
  changed.push_back(inode);
}

/// New questions first meet what is remembered; a descriptor that fits is read again before it counts.
void FdScan::look_through_remembered(std::vector<uint32_t>& changed) {
  if (fresh_.empty()) return;
  std::unordered_set<uint32_t> fresh(fresh_.begin(), fresh_.end());
  fresh_.clear();
  for (auto& [pid, process] : processes_) {
    for (const SocketDescriptor& descriptor : process.files.sockets) {
      if (!fresh.contains(descriptor.inode)) continue;
      const auto entry = questions_.find(descriptor.inode);
      const Holder holder{{pid, process.files.start_time}, descriptor.fd, process.files.name};
      if (entry == questions_.end() || entry->second.answer.complete || !still_holds(holder, descriptor.inode))
        continue;
      process.found = ++found_sequence_;
      note_holder(descriptor.inode, entry->second, holder, changed);
    }
  }
  std::erase_if(fresh, [&](const uint32_t inode) {
    const HolderAnswer* known = answer(inode);
    return known == nullptr || known->complete || !known->holders.empty();
  });
  if (!fresh.empty()) hurry_young();
}

/// The last to come first: it is the likeliest to have just opened a socket.
void FdScan::hurry_young() {
  const int64_t since_ns = std::max<int64_t>(clock_nanos(CLOCK_BOOTTIME) - kYoung, 0);
  const auto since = static_cast<uint64_t>(since_ns / (kNanosPerSecond / clock_ticks_per_second()));
  std::vector<std::pair<uint64_t, uint32_t>> young;
  for (const auto& [pid, process] : processes_) {
    const bool rested = last_scan_ns_ - process.visited_ns >= kYoungRest;
    if (rested && process.files.start_time >= since) young.emplace_back(process.files.start_time, pid);
  }
  std::sort(young.begin(), young.end(), std::greater());
  for (const auto& [start_time, pid] : young) hurry(pid);
}

bool FdScan::still_holds(const Holder& holder, uint32_t inode) {
  const UniqueFd process = proc_.process(holder.process.pid);
  if (!process) return false;
  std::array<char, 24> path{"fd/"};
  const NumberName number(holder.fd);
  std::copy_n(number.c_str(), 12, path.begin() + 3);
  std::array<char, 32> target;
  ++links_read_;
  if (parse_socket_link(read_link_at(process.get(), path.data(), target).text) != inode) return false;
  std::array<char, 1024> text;
  const auto stat = parse_process_stat(read_file_at(process.get(), "stat", text).text);
  return stat && stat->start_time == holder.process.start_time;
}

bool FdScan::remembered_to_hold(const ProcessKey& process, uint32_t inode) {
  const auto entry = processes_.find(process.pid);
  if (entry == processes_.end() || entry->second.files.start_time != process.start_time) return false;
  for (const SocketDescriptor& descriptor : entry->second.files.sockets) {
    if (descriptor.inode == inode) return still_holds({process, descriptor.fd, {}}, inode);
  }
  return false;
}

/// Kept for some passes at least: a question about several sockets reads their answers together.
void FdScan::drop_old_answers(int64_t now_ns) {
  const bool full = questions_.size() > options_.answer_limit;
  std::erase_if(questions_, [&](const auto& entry) {
    const Question& question = entry.second;
    const bool old = now_ns - question.completed_ns >= options_.answer_life_ns;
    return question.answer.complete && (full || (old && pass_.id - question.completed_pass >= kPassesKept));
  });
}

}  // namespace nettrace
