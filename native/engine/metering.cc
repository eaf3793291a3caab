#include "native/engine/metering.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "native/base/clock.h"
#include "native/engine/stream_meter.h"
#include "native/flow/kernel_traffic.h"
#include "native/host/inet_diag.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

/// How long packets that were sent through a packet socket may be on their way through the capture.
constexpr int64_t kInjectionWait = 2 * kNanosPerSecond;

Way wire_way(const WayCounters& way, uint64_t link_header) noexcept {
  return {way.ip_bytes + way.packets * link_header,   way.packets, way.ip_bytes, way.payload_bytes,
          way.frame_bytes + way.frames * link_header, way.frames};
}

/// That meter sees where a socket is only when it is made.
void place_sockets(SocketMeter& meter) {
  constexpr uint32_t kStates = ~(1U << TCP_TIME_WAIT | 1U << TCP_SYN_RECV);
  auto dump = DiagDump::open();
  if (!dump) return;
  std::vector<uint64_t> cookies;
  for (const uint8_t family : {AF_INET, AF_INET6}) {
    for (const uint8_t protocol : {IPPROTO_TCP, IPPROTO_UDP}) {
      if (!dump.value().begin(family, protocol, kStates)) continue;
      const auto visit = [&](const SocketRecord& socket) { cookies.push_back(socket.cookie); };
      while (dump.value().step(visit) == DiagDump::Step::kMore) continue;
    }
  }
  meter.place(cookies);
}

Counters wire_counters(const LaneCounters& lane, uint64_t link_header) noexcept {
  return {wire_way(lane.received, link_header), wire_way(lane.sent, link_header)};
}

}  // namespace

Metering::Metering(const MeteringOptions& options, std::unique_ptr<SocketMeter> meter, std::unique_ptr<ProcRoot> proc)
    : options_(options),
      netns_(own_network_namespace()),
      proc_(std::move(proc)),
      meter_(std::move(meter)),
      books_(*this, options.light ? Beside::kNothing : Beside::kPackets),
      processes_(proc_ != nullptr ? std::make_unique<ProcessInfoReader>(*proc_) : nullptr) {}

Result<std::unique_ptr<Metering>> Metering::open(const MeteringOptions& options) {
  SocketMeterOptions wanted;
  wanted.groups = options.light;
  wanted.injection = !options.light;  // such frames are found among captured ones, or not at all
  wanted.own_namespace_alone = !options.light || !options.everywhere;
  auto meter = SocketMeter::open(wanted);
  if (!meter && options.light && options.streams) {
    if (auto streams = StreamMeter::open(options.proc_root)) meter = std::move(streams);
  }
  if (!meter) {
    Error error = std::move(meter.error());
    // Capturing may be permitted all the same.
    if (error.code == ErrorCode::kNotPermitted) error.code = ErrorCode::kMeterNotPermitted;
    if (!error.detail.empty()) error.number = 0;  // it says more than errno
    return error;
  }
  if (meter.value()->status().tier == MeterTier::kCgroup) place_sockets(*meter.value());
  auto proc = ProcRoot::open(options.proc_root);
  return std::unique_ptr<Metering>(new Metering(
      options, std::move(meter).value(), proc.ok() ? std::make_unique<ProcRoot>(std::move(proc).value()) : nullptr));
}

Result<void> Metering::dump() {
  dumped_ns_ = monotonic_nanos();
  return meter_->dump(*this);
}

void Metering::on_owner(const OwnerRecord& record) {
  now_ns_ = record.time_ns;
  last_ = false;
  processes_.prepare(record.owner);
  owners_.own(record.socket, record.owner, record.time_ns);
  books_.on_owner(record);
}

void Metering::on_traffic(const TrafficRecord& record) {
  now_ns_ = record.time_ns;
  last_ = record.kind == TrafficKind::kFinal;
  processes_.prepare(record.owner);
  if (!owners_.knows(record.socket.cookie)) owners_.own(record.socket, record.owner, record.time_ns);
  books_.on_traffic(record);
  if (last_ && record.last) owners_.close(record.socket, record.time_ns);
}

void Metering::on_exec(const ExecRecord& record) {
  processes_.on_exec(record);
  Step& step = steps_.emplace_back();
  step.kind = Step::Kind::kRename;
  step.process = record.info.key;
}

void Metering::on_rename(const RenameRecord& record) {
  processes_.on_rename(record);
  Step& step = steps_.emplace_back();
  step.kind = Step::Kind::kRename;
  step.process = record.process.key;
}

void Metering::on_exit(const ExitRecord& record) {
  processes_.on_exit(record);
  Step& step = steps_.emplace_back();
  step.kind = Step::Kind::kEnd;
  step.process = record.process.key;
  step.time_ns = record.time_ns;
}

Metering::Step& Metering::add(Step::Kind kind, const MeteredSocket& socket, const MeteredProcess& owner) {
  Step& step = steps_.emplace_back();
  step.kind = kind;
  step.last = last_;
  step.tuple = socket.tuple;
  step.cookie = socket.cookie;
  step.since_ns = owners_.since(socket);
  step.netns = socket.netns;
  step.owner = charged_to(owner);
  step.time_ns = now_ns_;
  return step;
}

/// A raw socket gets a copy of every packet of its protocol, whoever it is for: what it receives says nothing of the
/// wire. Sockets of other namespaces are seen by the interfaces of this one as flows.
bool Metering::is_counted(const MeteredSocket& socket) const noexcept {
  if (options_.light) return is_watched(socket.netns);
  return options_.charges && socket.netns == netns_ && socket.type != SOCK_RAW;
}

void Metering::on_charge(const MeteredSocket& socket, const MeteredProcess& owner, uint32_t interface_index,
                         const LaneCounters& counters) {
  if (!is_counted(socket)) return;
  Step& step = add(Step::Kind::kCharge, socket, owner);
  step.interface_index = interface_index;
  step.counters = counters;
  const uint64_t place = uint64_t{socket.netns} << 32 | interface_index;
  if (socket.netns != netns_ && interface_index != 0 && met_elsewhere_.insert(place).second) {
    elsewhere_.push_back({socket.netns, interface_index, owner.key.pid});
  }
}

void Metering::on_move(const MeteredSocket& socket, const ChargedTo& from, const MeteredProcess& to,
                       uint32_t interface_index, const LaneCounters& counters) {
  if (!is_counted(socket)) return;
  Step& step = add(Step::Kind::kMove, socket, to);
  step.from = from;
  step.interface_index = interface_index;
  step.counters = counters;
}

void Metering::on_retransmission(const MeteredSocket& socket, const MeteredProcess& owner, uint64_t bytes,
                                 uint64_t packets) {
  if (!is_watched(socket.netns)) return;
  Step& step = add(Step::Kind::kRetransmission, socket, owner);
  step.bytes = bytes;
  step.packets = packets;
}

void Metering::on_owned(const MeteredSocket& socket, const MeteredProcess& owner) {
  if (socket.netns != netns_ || socket.family == 0 || socket.datagram_tuple) return;
  add(Step::Kind::kOwn, socket, owner);
}

void Metering::poll() {
  meter_->poll(*this);
  processes_.look_again(monotonic_nanos(), renamed_);
  for (const ProcessKey& process : renamed_) {
    Step& step = steps_.emplace_back();
    step.kind = Step::Kind::kRename;
    step.process = process;
  }
  renamed_.clear();
  books_.release(monotonic_nanos());
}

void Metering::on_closed(const MeteredSocket& socket) {
  if (is_watched(socket.netns) && socket.family != 0) add(Step::Kind::kClose, socket, {});
}

void Metering::on_injection(const InjectionRecord& record) {
  if (!is_watched(record.netns)) return;
  processes_.prepare(record.owner);
  Step& step = steps_.emplace_back();
  step.kind = Step::Kind::kInjection;
  step.netns = record.netns;
  step.owner = charged_to(record.owner);
  step.interface_index = record.interface_index;
  step.counters.sent.packets = record.packets;
  step.counters.sent.ip_bytes = record.wire_bytes;  // with link headers
  step.counters.sent.frames = record.frames;
  step.counters.sent.frame_bytes = record.frame_bytes;
  step.time_ns = dumped_ns_;
}

void Metering::start_counting() {
  books_.start_counting();
  std::erase_if(steps_, [](const Step& step) {
    return step.kind == Step::Kind::kCharge || step.kind == Step::Kind::kMove || step.kind == Step::Kind::kInjection ||
           step.kind == Step::Kind::kRetransmission;
  });
}

bool Metering::apply(TrafficMeter& traffic, size_t limit) {
  for (; limit > 0 && next_step_ < steps_.size(); --limit) take_step(traffic, steps_[next_step_++]);
  if (next_step_ < steps_.size()) return true;
  steps_.clear();
  next_step_ = 0;
  const int64_t now = monotonic_nanos();
  for (OpenInjection& open : injections_) inject(traffic, open);
  std::erase_if(injections_, [&](const OpenInjection& open) { return open.left == Way() || open.until_ns < now; });
  return false;
}

void Metering::take_step(TrafficMeter& traffic, const Step& step) {
  OwnerSlot slot = 0;
  switch (step.kind) {
    case Step::Kind::kCharge:
    case Step::Kind::kMove:
    case Step::Kind::kInjection:
      return charge(traffic, step);
    case Step::Kind::kRetransmission:
      if (const auto owner = owner_slot(traffic, step, step.owner)) {
        traffic.charge_retransmission(step.tuple, *owner, step.bytes, step.packets);
      }
      return;
    case Step::Kind::kOwn:
      if (const auto owner = owner_slot(traffic, step, step.owner)) {
        traffic.own_socket(step.tuple, step.cookie, *owner, to_realtime(step.since_ns), to_realtime(step.time_ns));
      }
      return;
    case Step::Kind::kClose:
      return traffic.close_socket(step.tuple, to_realtime(step.time_ns + SocketOwners::kLinger));
    case Step::Kind::kRename:
      if (traffic.ledger().find_process(step.process, slot)) traffic.learn(processes_.info_of(step.process));
      return;
    case Step::Kind::kEnd:
      return traffic.end_process(step.process, step.time_ns, to_realtime(step.time_ns));
  }
}

void Metering::charge(TrafficMeter& traffic, const Step& step) {
  const auto interface = traffic.slot_of(step.interface_index, step.netns == netns_ ? 0 : step.netns);
  const auto owner = owner_slot(traffic, step, step.owner);
  if (!interface || !owner) return;
  const uint64_t link_header = traffic.interfaces()[*interface].vantage.link_header;
  if (step.kind == Step::Kind::kInjection) {
    const WayCounters& sent = step.counters.sent;
    OpenInjection open{step.owner.process, step.interface_index, {}, step.time_ns, step.time_ns + kInjectionWait};
    open.left = {sent.ip_bytes, sent.packets, 0, 0, sent.frame_bytes, sent.frames};
    injections_.push_back(open);
    return;
  }
  const Counters counters = wire_counters(step.counters, link_header);
  const bool moves = step.kind == Step::Kind::kMove;
  if (const auto from = moves ? owner_slot(traffic, step, step.from) : std::nullopt) {
    return traffic.move_socket(*interface, *from, *owner, counters);
  }
  // Also what is moved from nobody: while nobody was known it was not charged.
  traffic.charge_socket({*interface, step.tuple, *owner, counters, to_realtime(step.time_ns), step.last, step.cookie,
                         to_realtime(step.since_ns)});
}

void Metering::inject(TrafficMeter& traffic, OpenInjection& open) {
  const auto interface = traffic.slot_of(open.interface_index);
  const auto owner = process_slot(traffic, open.process, 0);
  if (interface && owner)
    open.left = traffic.charge_injection(*interface, *owner, open.left, to_realtime(open.counted_ns));
}

std::optional<OwnerSlot> Metering::process_slot(TrafficMeter& traffic, const ProcessKey& key, uint32_t netns) {
  OwnerSlot slot = 0;
  if (!key) return std::nullopt;
  if (traffic.ledger().find_process(key, slot)) return slot;
  slot = traffic.process_owner(processes_.info_of(key), netns);
  // Its last connection may have ended after itself.
  if (processes_.has_ended(key)) traffic.end_process(key, monotonic_nanos(), realtime_nanos());
  return slot;
}

/// Nothing where the socket has no process that is known: its flows are asked for in the other way.
std::optional<OwnerSlot> Metering::owner_slot(TrafficMeter& traffic, const Step& step, const ChargedTo& owner) {
  if (owner.kernel) return Ledger::reason_owner(kernel_socket_reason(step.tuple));
  if (owner.mixed) return Ledger::reason_owner(Reason::kHandedOver);
  if (owner.reason != Reason::kNone) return Ledger::reason_owner(owner.reason);
  return process_slot(traffic, owner.process, step.netns == netns_ ? 0 : step.netns);
}

void Metering::bind(TrafficMeter& traffic, FlowId flow, const SocketOwner& owner, bool connected) {
  const Flow* of = owner.kernel ? traffic.flow(flow) : nullptr;
  const auto slot = of != nullptr ? Ledger::reason_owner(kernel_socket_reason(of->tuple))
                                  : process_slot(traffic, owner.process, owner.netns == netns_ ? 0 : owner.netns);
  if (!slot) return;
  const Flow* bound = traffic.flow(flow);
  if (bound == nullptr) return;
  if (!connected && bound->tuple.protocol == IPPROTO_TCP) return traffic.bind_listener(flow, *slot);
  // Only a connected socket is one with its flow.
  traffic.bind_metered(flow, *slot, to_realtime(owner.since_ns), connected ? owner.cookie : 0);
}

void Metering::expire(int64_t now_ns) {
  owners_.expire(now_ns);
  processes_.expire(now_ns);
}

}  // namespace nettrace
