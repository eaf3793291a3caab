#include "native/engine/attribution.h"

#include <algorithm>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {
namespace {

constexpr size_t kRequestsAtOnce = 2048;
constexpr size_t kChecksAtOnce = 512;
constexpr int64_t kCheckInterval = 250 * kNanosPerMilli;
/// Records of the socket meter that are applied under one hold of the lock.
constexpr size_t kStepsAtOnce = 512;

}  // namespace

void Attribution::round(int64_t now_ns) {
  collect(now_ns);
  verdicts_.clear();
  processes_.clear();
  ended_.clear();
  requests_.clear();
  owned_.clear();
  if (metering_ != nullptr) {
    // After the questions were taken: whoever sent or received a packet that was seen was told of before.
    metering_->poll();
    apply_metering();
  }
  resolve();
  if (attributor_ == nullptr) {
    for (const AttributionRequest& request : requests_) {
      verdicts_.push_back({request.flow, {}, Reason::kLookupUnavailable, MatchQuality::kNone, true});
    }
  } else {
    for (const FlowId flow : forgotten_) attributor_->forget(flow);
    attributor_->submit(requests_);
    attributor_->work(now_ns, verdicts_, processes_);
    for (const ProcessInfo& process : processes_) attributor_->watch(process.key);
    attributor_->exits(ended_);
  }
  publish(monotonic_nanos());
}

void Attribution::collect(int64_t now_ns) {
  flows_.clear();
  forgotten_.clear();
  questions_.clear();
  const int64_t realtime = realtime_nanos();
  const std::lock_guard lock(shared_.mutex);
  shared_.meter.take_forgotten(forgotten_);
  shared_.meter.take_unresolved(kRequestsAtOnce, flows_);
  if (now_ns >= next_check_ns_) {
    shared_.meter.take_due_checks(realtime, kChecksAtOnce, flows_);
    next_check_ns_ = now_ns + kCheckInterval;
  }
  more_unresolved_ = shared_.meter.has_unresolved();
  for (const FlowId id : flows_) {
    const Flow* flow = shared_.meter.flow(id);
    if (flow != nullptr) questions_.push_back(question_for(*flow, id));
  }
}

Attribution::Question Attribution::question_for(const Flow& flow, FlowId id) const {
  Question question;
  const Vantage& vantage = shared_.meter.interfaces()[flow.interface].vantage;
  question.oriented = flow.oriented;
  question.behind = vantage.leads_elsewhere;
  question.interface = flow.interface;
  AttributionRequest& request = question.request;
  request.flow = id;
  request.tuple = flow.tuple;
  request.initiator = flow.initiator;
  request.icmp_type = flow.icmp_type;
  request.interface_index = vantage.stack_index;
  request.to_group = shared_.meter.local_addresses().is_broadcast(flow.tuple.local.address);
  request.current_quality = flow.quality;
  const Account& account = shared_.meter.ledger().at(flow.account);
  request.revalidate = account.process;
  if (account.process) request.current_owner = shared_.meter.ledger().owner(account.owner).process.key;
  return question;
}

void Attribution::resolve() {
  for (const Question& question : questions_) {
    if (metering_ != nullptr && ask_meter(question)) continue;
    if (question.oriented) requests_.push_back(question.request);
  }
}

bool Attribution::ask_meter(const Question& question) {
  if (!question.oriented) {
    // Passing through stays what it was if no container's process is known for it.
    if (!ask_elsewhere(question)) verdicts_.push_back({question.request.flow, {}, Reason::kForwardedPacket, {}, true});
    return true;
  }
  const OwnerAnswer answer = metering_->owner_of(question.request.tuple);
  if (answer.kind == OwnerAnswer::Kind::kNobody) return false;
  const bool several = answer.kind == OwnerAnswer::Kind::kSeveral;
  if (!several && !answer.owner.process && !answer.owner.kernel) return false;
  owned_.push_back({question.request.flow, answer.owner, {}, several});
  return true;
}

/// A flow of which neither end is local may be that of a process in another network namespace. Behind a veth the owner
/// is the end whose packets the interface receives; elsewhere whichever end is known.
bool Attribution::ask_elsewhere(const Question& question) {
  const FiveTuple& tuple = question.request.tuple;
  const FiveTuple turned{tuple.remote, tuple.local, tuple.protocol};
  const OwnerAnswer local = metering_->owner_elsewhere(tuple);
  const OwnerAnswer remote = metering_->owner_elsewhere(turned);
  const auto known = [](const OwnerAnswer& answer) {
    return answer.kind == OwnerAnswer::Kind::kOne && answer.owner.process;
  };
  if (!known(local) && !known(remote)) return false;
  owned_.push_back({question.request.flow, known(local) ? local.owner : remote.owner, {}, false});
  return true;
}

void Attribution::publish(int64_t now_ns) {
  const AttributionStats stats = attributor_ != nullptr ? attributor_->stats() : AttributionStats{};
  const int64_t realtime = realtime_nanos();
  const std::lock_guard lock(shared_.mutex);
  shared_.view.attribution = stats;
  for (const ProcessInfo& process : processes_) shared_.meter.learn(process);
  for (const Owned& one : owned_) {
    if (one.several) {
      shared_.meter.bind_metered(one.flow, Ledger::reason_owner(Reason::kSeveralCandidates), {}, 0);
    } else {
      metering_->bind(shared_.meter, one.flow, one.owner, one.view);
    }
  }
  for (const Verdict& verdict : verdicts_) shared_.meter.bind(verdict);
  for (const ProcessKey& process : ended_) shared_.meter.end_process(process, now_ns, realtime);
}

void Attribution::apply_metering() {
  for (bool more = true; more;) {
    const std::lock_guard lock(shared_.mutex);
    more = metering_->apply(shared_.meter, kStepsAtOnce);
  }
}

void Attribution::count_sockets(int64_t now_ns) {
  if (metering_ == nullptr) return;
  if (auto counted = metering_->dump(); !counted) {
    const std::lock_guard lock(shared_.mutex);
    shared_.view.faults.assign(1, counted.error());
  }
  apply_metering();
  metering_->expire(now_ns);
  report_metering();
}

void Attribution::start_counting() {
  if (metering_ == nullptr) return;
  if (metering_->dump()) metering_->start_counting();
  apply_metering();
}

void Attribution::report_metering() {
  const MeterLosses losses = metering_->losses();
  const std::lock_guard lock(shared_.mutex);
  shared_.view.metered_sockets = metering_->open_sockets();
  shared_.view.lost_records = losses.events + losses.process_events;
  shared_.view.lost_bytes = losses.bytes;
}

void Attribution::tidy(int64_t now_ns) {
  const std::lock_guard lock(shared_.mutex);
  shared_.meter.tidy(now_ns, realtime_nanos());
}

int64_t Attribution::next_deadline() const noexcept {
  const int64_t next = attributor_ != nullptr ? attributor_->next_deadline() : std::numeric_limits<int64_t>::max();
  return std::min(next, next_check_ns_);
}

}  // namespace nettrace
