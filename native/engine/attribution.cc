#include "native/engine/attribution.h"

#include <netinet/in.h>

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
/// Questions to the NAT table in a round, some 10 us each; the rest go the usual way.
constexpr size_t kTranslationsAtOnce = 256;
/// A dump that begins this long after the first packet knows who accepted a connection, Metering::tells_late().
constexpr int64_t kServedWithin = 100 * kNanosPerMilli;
/// The longest that a packet waits in a ring.
constexpr int64_t kLongestLag = 150 * kNanosPerMilli;

}  // namespace

void Attribution::round(int64_t now_ns) {
  publish_ends();  // before the work: what the next process on the same ports moves is not to wait for it
  collect(now_ns);
  verdicts_.clear();
  processes_.clear();
  requests_.clear();
  owned_.clear();
  left_open_.clear();
  translations_ = 0;
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
  }
  publish(monotonic_nanos());
  publish_ends();
}

void Attribution::collect(int64_t now_ns) {
  flows_.clear();
  forgotten_.clear();
  questions_.clear();
  const int64_t realtime = realtime_nanos();
  const std::lock_guard lock(shared_.mutex);
  shared_.meter.take_forgotten(forgotten_);
  shared_.meter.take_unresolved(kRequestsAtOnce, flows_);
  if (now_ns >= next_check_ns_ || finishing_) {
    shared_.meter.take_due_checks(realtime + (finishing_ ? kLongestLag : 0), kChecksAtOnce, flows_);
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
  question.local_sent = flow.swapped != flow.first_sent;
  question.first_ns = flow.first_ns;
  question.interface = flow.interface;
  AttributionRequest& request = question.request;
  request.flow = id;
  request.tuple = flow.tuple;
  request.initiator = flow.initiator;
  request.begin_ns = to_monotonic(flow.first_ns);
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
    // What passes through stays so until a container's process is known for it.
    const bool known = ask_here(question) || ask_elsewhere(question);
    if (!known) left_open_.emplace_back(question.request.flow, realtime_nanos() + kNanosPerSecond);
    return true;
  }
  const FlowBegin begin{to_monotonic(question.first_ns), question.request.initiator == Initiator::kRemote};
  OwnerAnswer answer = metering_->owner_of(question.request.tuple, begin);
  if (metering_->tells_late() && !answer.connected) {
    if (question.request.tuple.protocol == IPPROTO_TCP) answer = {};
    const bool heard = finishing_ || metering_->dumped_ns() > begin.time_ns + kServedWithin;
    if (answer.kind == OwnerAnswer::Kind::kNobody && !heard) {
      left_open_.emplace_back(question.request.flow, realtime_nanos() + kServedWithin);
      return true;
    }
  }
  if (answer.kind == OwnerAnswer::Kind::kNobody) return ask_translated(question);
  const bool several = answer.kind == OwnerAnswer::Kind::kSeveral;
  if (!several && !answer.owner.process && !answer.owner.kernel) return false;
  if (!several && !finishing_ && metering_->is_unsettled(answer.owner)) {
    left_open_.emplace_back(question.request.flow, realtime_nanos() + kNanosPerSecond);
    return true;
  }
  Owned& owned = owned_.emplace_back();
  owned.flow = question.request.flow;
  owned.owner = answer.owner;
  owned.connected = answer.connected;
  owned.several = several;
  return true;
}

/// A flow of which neither end is local may be that of a socket of this namespace all the same: of a transparent proxy,
/// say. What the interface sends comes from there.
bool Attribution::ask_here(const Question& question) {
  const FiveTuple& tuple = question.request.tuple;
  const FiveTuple here = question.local_sent ? tuple : FiveTuple{tuple.remote, tuple.local, tuple.protocol};
  const OwnerAnswer answer = metering_->owner_at(here);
  const bool several = answer.kind == OwnerAnswer::Kind::kSeveral;
  const bool known =
      several || (answer.kind == OwnerAnswer::Kind::kOne && (answer.owner.process || answer.owner.kernel));
  const bool of_listener = metering_->tells_late() && !answer.connected && tuple.protocol == IPPROTO_TCP;
  if (!known || of_listener) return false;
  if (!several && !finishing_ && metering_->is_unsettled(answer.owner)) {
    // The socket is here, and not the one at the other end, whoever serves it.
    left_open_.emplace_back(question.request.flow, realtime_nanos() + kNanosPerSecond);
    return true;
  }
  Owned& owned = owned_.emplace_back();
  owned.flow = question.request.flow;
  owned.owner = answer.owner;
  owned.connected = answer.connected;
  owned.several = several;
  owned.here = true;
  owned.inside = here;
  return true;
}

/// A flow of which neither end is local may be that of a process in another network namespace. Where both ends are
/// such, each is charged where the interface receives what it sends: on its own side.
bool Attribution::ask_elsewhere(const Question& question) {
  const FiveTuple& tuple = question.request.tuple;
  const OwnerAnswer local = metering_->owner_elsewhere(tuple);
  const OwnerAnswer remote = metering_->owner_elsewhere({tuple.remote, tuple.local, tuple.protocol});
  const auto known = [](const OwnerAnswer& answer) {
    return answer.kind == OwnerAnswer::Kind::kOne && answer.owner.process;
  };
  if (!known(local) && !known(remote)) return false;
  const bool take_local = known(local) && (!known(remote) || !question.local_sent);
  Owned& owned = owned_.emplace_back();
  owned.flow = question.request.flow;
  owned.owner = take_local ? local.owner : remote.owner;
  owned.mirrored = take_local ? !question.local_sent : question.local_sent;
  return true;
}

/// An address of this host and no socket here: it may stand for a container's.
bool Attribution::ask_translated(const Question& question) {
  if (!conntrack_ || translations_ >= kTranslationsAtOnce) return false;
  ++translations_;
  const auto found = conntrack_->look_up(question.request.tuple, NatSide::kOutside, question.request.initiator);
  if (!found || !found.value()) return false;
  // Its packets cross the container's own interface too, and that capture may be some milliseconds behind.
  const int64_t seen_everywhere = question.first_ns + kLongestLag;
  if (!finishing_ && realtime_nanos() < seen_everywhere) {
    left_open_.emplace_back(question.request.flow, seen_everywhere);
    return true;
  }
  Owned& owned = owned_.emplace_back();
  owned.flow = question.request.flow;
  owned.translated = true;
  owned.inside = found.value()->tuple;
  owned.interface = question.interface;
  const OwnerAnswer answer = metering_->owner_elsewhere(owned.inside);
  owned.owner = answer.owner;
  owned.forwarded = answer.kind != OwnerAnswer::Kind::kOne || !answer.owner.process;
  return true;
}

void Attribution::publish(int64_t now_ns) {
  const AttributionStats stats = attributor_ != nullptr ? attributor_->stats() : AttributionStats{};
  const int64_t realtime = to_realtime(now_ns);
  const std::lock_guard lock(shared_.mutex);
  shared_.view.attribution = stats;
  for (const ProcessInfo& process : processes_) shared_.meter.learn(process);
  for (const Owned& one : owned_) publish_owned(one);
  for (const auto& [flow, check_ns] : left_open_) shared_.meter.leave_open(flow, check_ns);
  for (Verdict& verdict : verdicts_) {
    verdict.found_ns = realtime;
    shared_.meter.bind(verdict);
  }
}

void Attribution::publish_ends() {
  if (attributor_ == nullptr) return;
  ended_.clear();
  attributor_->exits(ended_);
  if (ended_.empty()) return;
  const std::lock_guard lock(shared_.mutex);
  for (const ProcessEnd& end : ended_) shared_.meter.end_process(end.process, end.time_ns, to_realtime(end.time_ns));
}

void Attribution::publish_owned(const Owned& one) {
  TrafficMeter& meter = shared_.meter;
  const bool open = one.several || one.owner.closed_ns == 0;
  const FlowId id = one.here ? meter.claim(one.flow, one.inside, one.connected, open) : one.flow;
  if (one.several) {
    meter.bind_metered(id, Ledger::reason_owner(Reason::kSeveralCandidates), 0);
  } else if (one.forwarded) {
    meter.bind_metered(id, Ledger::reason_owner(Reason::kForwardedPacket), 0);
  } else {
    metering_->bind(meter, id, one.owner, one.connected);
  }
  const Flow* flow = meter.flow(id);
  if (flow == nullptr) return;
  AccountView view = flow->view;
  view.mirrored = one.mirrored;
  if (one.translated) view.repeated = meter.is_charged_elsewhere(one.inside, one.interface);
  if (!flow->oriented) view.repeated = meter.is_charged_elsewhere(*flow, meter.ledger().at(flow->account).owner);
  meter.view_flow(id, view);
}

void Attribution::apply_metering() {
  for (const InterfaceElsewhere& one : metering_->take_elsewhere()) watch_elsewhere(shared_, one);
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
  const int64_t release = metering_ != nullptr ? metering_->next_deadline() : std::numeric_limits<int64_t>::max();
  return std::min({next, next_check_ns_, release});
}

}  // namespace nettrace
