#include "native/meter/bpf_meter.h"

#include <linux/bpf.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <string>

#include "native/base/clock.h"
#include "native/meter/bpf_call.h"
#include "native/meter/cgroup_root.h"
#include "native/meter/generated/accounting.skel.h"
#include "native/meter/generated/accounting_stream.skel.h"
#include "native/meter/generated/injection.skel.h"
#include "native/meter/generated/processes.skel.h"
#include "native/meter/meter_error.h"
#include "native/meter/own_namespaces.h"

namespace nettrace {
namespace {

constexpr uint32_t kFirst = 0;  ///< the key of the global variables

/// The kernel rounds values up to eight bytes.
meter_globals globals_of(const Skeleton& skeleton) noexcept {
  meter_globals globals{};
  static_assert(sizeof globals % 8 == 0);
  bpf_lookup(skeleton.map("bss"), &kFirst, &globals);
  return globals;
}

Error attach_error(const char* syscall, std::string subject) {
  Error error = Error::from_errno(ErrorCode::kMeterFailed, syscall, std::move(subject));
  error.detail = "attaching a program";
  return classify_meter_error(std::move(error));
}

}  // namespace

BpfMeter::BpfMeter() : reader_(RecordUnits::of_system()) {}

Result<std::unique_ptr<BpfMeter>> BpfMeter::open(const SocketMeterOptions& options) {
  std::unique_ptr<BpfMeter> meter(new BpfMeter);
  meter->wake_up_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!meter->wake_up_) return Error::from_errno(ErrorCode::kResourceExhausted, "epoll_create1");
  // Processes first, so that no socket's owner began unseen in between.
  const auto take = [](MeterPart& part, Result<void> result) {
    part.works = result.ok();
    if (!result) part.error = std::move(result.error());
  };
  take(meter->status_.processes, meter->open_processes());
  if (options.injection) take(meter->status_.injection, meter->open_injection());
  if (auto opened = meter->open_accounting(options); !opened) return opened.error();
  return meter;
}

Result<BpfMeter::Part> BpfMeter::load(const SkeletonImage& image, bool groups) {
  auto skeleton = Skeleton::load(image);
  if (!skeleton) return classify_meter_error(std::move(skeleton.error()));
  const meter_globals globals{own_pid_namespace(), groups ? 1u : 0u, 0, 0, 0, 0};
  if (!bpf_update(skeleton.value().map("bss"), &kFirst, &globals)) {
    return Error::from_errno(ErrorCode::kMeterFailed, "bpf", std::string(image.name));
  }
  return Part{std::move(skeleton).value(), {}};
}

Result<void> BpfMeter::attach_tracepoints(Part& part, std::initializer_list<const char*> programs) {
  for (const char* name : programs) {
    const int program = part.skeleton.program(name);
    if (program < 0) continue;  // not in this variant
    part.links.push_back(bpf_attach_tracepoint(program));
    if (!part.links.back()) return attach_error("bpf", name);
  }
  return {};
}

Result<void> BpfMeter::attach_cgroup(Part& part, int cgroup) {
  struct Hook {
    const char* program;
    bpf_attach_type type;
  };
  // Endings first, the first packet last: what is counted has an owner and is reported when it ends.
  constexpr Hook kHooks[] = {{"sock_gone", BPF_CGROUP_INET_SOCK_RELEASE},
                             {"sock_create", BPF_CGROUP_INET_SOCK_CREATE},
                             {"egress", BPF_CGROUP_INET_EGRESS},
                             {"ingress", BPF_CGROUP_INET_INGRESS}};
  for (const Hook& hook : kHooks) {
    part.links.push_back(bpf_attach_cgroup(part.skeleton.program(hook.program), cgroup, hook.type));
    if (!part.links.back()) return attach_error("bpf", hook.program);
  }
  return {};
}

Result<void> BpfMeter::open_accounting(const SocketMeterOptions& options) {
  auto root = open_cgroup_root();
  if (!root) return std::move(root.error());
  status_.cgroup = std::move(root.value().how);
  if (options.tier != MeterTier::kReceiveStream) {
    auto tried = try_accounting(kAccountingImage, root.value().fd.get(), options.groups);
    status_.tier = MeterTier::kReceiveLength;
    if (tried || options.tier == MeterTier::kReceiveLength || tried.error().code == ErrorCode::kNotPermitted) {
      return tried;
    }
  }
  status_.tier = MeterTier::kReceiveStream;
  return try_accounting(kAccountingStreamImage, root.value().fd.get(), options.groups);
}

Result<void> BpfMeter::try_accounting(const SkeletonImage& image, int cgroup, bool groups) {
  auto part = load(image, groups);
  if (!part) return std::move(part.error());
  auto attached = attach_tracepoints(part.value(), {"stream_gone", "receive_length", "receive_stream"});
  if (attached) attached = attach_cgroup(part.value(), cgroup);
  if (!attached) return attached;

  const Skeleton& skeleton = part.value().skeleton;
  const UniqueFd seed = bpf_attach_iterator(skeleton.program("seed"), -1);
  if (!seed) return attach_error("bpf", "seed");
  dump_link_ = bpf_attach_iterator(skeleton.program("dump"), skeleton.map("sockets"));
  if (!dump_link_) return attach_error("bpf", "dump");
  auto ring = RingReader::open(skeleton.map("events"), METER_RING_SIZE);
  if (!ring) return std::move(ring.error());
  if (auto watched = watch(skeleton.map("events")); !watched) return watched;
  if (auto seeded = bpf_run_iterator(seed.get(), buffer_); !seeded) return seeded;
  socket_ring_ = std::move(ring).value();
  accounting_ = std::move(part).value();
  return {};
}

Result<void> BpfMeter::open_processes() {
  auto part = load(kProcessesImage);
  if (!part) return std::move(part.error());
  auto ring = RingReader::open(part.value().skeleton.map("events"), METER_RING_SIZE);
  if (!ring) return std::move(ring.error());
  auto attached = attach_tracepoints(part.value(), {"process_exit", "process_exec", "process_fork"});
  if (attached) attached = watch(part.value().skeleton.map("events"));
  if (!attached) return attached;
  process_ring_ = std::move(ring).value();
  processes_ = std::move(part).value();
  return {};
}

Result<void> BpfMeter::open_injection() {
  auto part = load(kInjectionImage);
  if (!part) return std::move(part.error());
  if (auto attached = attach_tracepoints(part.value(), {"frame_queued"}); !attached) return attached;
  injection_ = std::move(part).value();
  return {};
}

Result<void> BpfMeter::watch(int ring) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (::epoll_ctl(wake_up_.get(), EPOLL_CTL_ADD, ring, &event) != 0) {
    return Error::from_errno(ErrorCode::kMeterFailed, "epoll_ctl");
  }
  return {};
}

void BpfMeter::poll(MeterSink& sink) {
  hand_over(socket_ring_.end(), sink);
}

/// Whatever a process did comes after its beginning: the processes' ring is read to its end, the sockets' ring only up
/// to where it was before that.
void BpfMeter::hand_over(uint64_t end_of_socket_events, MeterSink& sink) {
  process_ring_.read_until(process_ring_.end(),
                           [&](std::span<const uint8_t> record) { reader_.read_process_event(record, sink); });
  socket_ring_.read_until(end_of_socket_events,
                          [&](std::span<const uint8_t> record) { reader_.read_socket_event(record, sink); });
}

Result<void> BpfMeter::dump(MeterSink& sink) {
  // Events that come during the dump wait for the next call: live counters are newer than all that was handed over.
  const uint64_t end = socket_ring_.end();
  buffer_.clear();
  auto run = bpf_run_iterator(dump_link_.get(), buffer_);
  hand_over(end, sink);
  reader_.read_dump(buffer_, sink);
  if (injection_) {
    injection_counts_.read(injection_->skeleton.map("injectors"), monotonic_nanos(), reader_, sink);
  }
  return run;
}

void BpfMeter::set_mtus(std::span<const InterfaceMtu> mtus) {
  const int map = accounting_->skeleton.map("mtus");
  const uint32_t netns = own_network_namespace();
  for (const InterfaceMtu& one : mtus) {
    const meter_mtu_key key{netns, one.interface_index};
    bpf_update(map, &key, &one.mtu);
  }
}

MeterLosses BpfMeter::losses() const {
  MeterLosses losses;
  const meter_globals sockets = globals_of(accounting_->skeleton);
  losses.events = sockets.lost_events;
  losses.bytes = sockets.lost_bytes;
  losses.packets = sockets.lost_sockets;
  losses.tuples = sockets.lost_tuples;
  if (processes_) losses.process_events = globals_of(processes_->skeleton).lost_events;
  if (injection_) {
    const meter_globals injection = globals_of(injection_->skeleton);
    losses.injected_packets = injection.lost_events + injection.lost_sockets;
  }
  return losses;
}

}  // namespace nettrace
