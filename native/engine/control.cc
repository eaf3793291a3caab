#include "native/engine/control.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <limits>

#include "native/base/clock.h"

namespace nettrace {
namespace {

constexpr size_t kRequestsAtOnce = 2048;
constexpr size_t kChecksAtOnce = 512;
constexpr int64_t kCheckInterval = 250 * kNanosPerMilli;
constexpr int64_t kCounterInterval = 200 * kNanosPerMilli;
constexpr int64_t kTidyInterval = 500 * kNanosPerMilli;
/// After the end of capture: how long open questions may still be answered.
constexpr int64_t kFinishTime = 300 * kNanosPerMilli;

}  // namespace

void Control::start() {
  running_ = true;
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "control");
    run();
  });
  pthread_getcpuclockid(thread_.native_handle(), &cpu_clock_);
}

void Control::stop() {
  if (!thread_.joinable()) return;
  shared_.stop_control = true;
  shared_.wake.set();
  thread_.join();
}

int64_t Control::cpu_ns() const noexcept {
  return running_ ? clock_nanos(cpu_clock_) : final_cpu_ns_.load();
}

void Control::run() {
  while (!shared_.stop_control) {
    round();
    wait();
  }
  devices_.stop();
  finish();
  final_cpu_ns_ = clock_nanos(CLOCK_THREAD_CPUTIME_ID);
  running_ = false;
}

void Control::round() {
  const int64_t now = monotonic_nanos();
  devices_.update(now);
  if (now >= next_counters_ns_) {
    devices_.refresh_counters();
    const int64_t capture_cpu = devices_.cpu_ns();
    const std::lock_guard lock(shared_.mutex);
    shared_.view.capture_cpu_ns = capture_cpu;
    next_counters_ns_ = now + kCounterInterval;
  }
  attribute(now);
  if (now >= next_tidy_ns_) {
    const std::lock_guard lock(shared_.mutex);
    shared_.meter.tidy(now, realtime_nanos());
    next_tidy_ns_ = now + kTidyInterval;
  }
}

void Control::attribute(int64_t now_ns) {
  collect(now_ns);
  verdicts_.clear();
  processes_.clear();
  ended_.clear();
  if (attributor_ == nullptr) {
    for (const FlowId flow : flows_) {
      verdicts_.push_back({flow, {}, Reason::kLookupUnavailable, MatchQuality::kNone, true});
    }
    publish(now_ns);
    return;
  }
  for (const FlowId flow : forgotten_) attributor_->forget(flow);
  attributor_->submit(requests_);
  attributor_->work(now_ns, verdicts_, processes_);
  for (const ProcessInfo& process : processes_) attributor_->watch(process.key);
  attributor_->exits(ended_);
  publish(monotonic_nanos());
}

void Control::collect(int64_t now_ns) {
  flows_.clear();
  forgotten_.clear();
  requests_.clear();
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
    if (flow != nullptr) requests_.push_back(request_for(*flow, id));
  }
}

AttributionRequest Control::request_for(const Flow& flow, FlowId id) const {
  AttributionRequest request;
  request.flow = id;
  request.tuple = flow.tuple;
  request.initiator = flow.initiator;
  request.icmp_type = flow.icmp_type;
  request.interface_index = shared_.meter.interfaces()[flow.interface].vantage.stack_index;
  request.to_group = shared_.meter.local_addresses().is_broadcast(flow.tuple.local.address);
  request.current_quality = flow.quality;
  const Account& account = shared_.meter.ledger().at(flow.account);
  request.revalidate = account.process;
  if (account.process) request.current_owner = shared_.meter.ledger().owner(account.owner).process.key;
  return request;
}

void Control::publish(int64_t now_ns) {
  const AttributionStats stats = attributor_ != nullptr ? attributor_->stats() : AttributionStats{};
  const int64_t realtime = realtime_nanos();
  const std::lock_guard lock(shared_.mutex);
  shared_.view.attribution = stats;
  for (const ProcessInfo& process : processes_) shared_.meter.learn(process);
  for (const Verdict& verdict : verdicts_) shared_.meter.bind(verdict);
  for (const ProcessKey& process : ended_) shared_.meter.end_process(process, now_ns, realtime);
}

int64_t Control::next_deadline() const noexcept {
  const int64_t next = std::min({devices_.next_deadline(), next_counters_ns_, next_tidy_ns_, next_check_ns_});
  return attributor_ != nullptr ? std::min(next, attributor_->next_deadline()) : next;
}

void Control::wait() {
  if (more_unresolved_) return;
  std::array<pollfd, 3> fds{{{shared_.wake.fd(), POLLIN, 0},
                             {devices_.fd(), POLLIN, 0},
                             {attributor_ != nullptr ? attributor_->exit_fd() : -1, POLLIN, 0}}};
  const int64_t wait_ns = std::clamp<int64_t>(next_deadline() - monotonic_nanos(), 0, kNanosPerSecond);
  const timespec timeout{wait_ns / kNanosPerSecond, wait_ns % kNanosPerSecond};
  if (ppoll(fds.data(), fds.size(), &timeout, nullptr) > 0 && (fds[0].revents & POLLIN) != 0) {
    shared_.wake.clear();
    shared_.woken = false;
  }
}

void Control::finish() {
  const int64_t end = monotonic_nanos() + kFinishTime;
  while (attributor_ != nullptr && monotonic_nanos() < end) {
    attribute(monotonic_nanos());
    if (more_unresolved_) continue;
    const int64_t next = attributor_->next_deadline();
    if (attributor_->stats().queue_length == 0 || next > end) break;
    const int64_t wait_ns = std::clamp<int64_t>(next - monotonic_nanos(), 0, kFinishTime);
    const timespec pause{0, static_cast<long>(wait_ns)};
    nanosleep(&pause, nullptr);
  }
  devices_.refresh_counters();
  const std::lock_guard lock(shared_.mutex);
  shared_.view.capture_cpu_ns = devices_.cpu_ns();
}

}  // namespace nettrace
